/* What the lights look like. */
#ifndef BRIDGE_LIGHTS_H
#define BRIDGE_LIGHTS_H

#include "messages.h"

/* Works out the colour of a moment. Muted is a steady red and error a blinking one, so that both
   can be told apart without seeing colours; `level` brightens listening and speaking. */
void lights_colour(enum light light, uint8_t level, uint32_t now_ms, uint8_t colour[3]);

#endif
