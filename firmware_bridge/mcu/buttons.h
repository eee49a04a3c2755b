/* One button: its bounces taken away; taps, double taps and long presses told. */
#ifndef BRIDGE_BUTTONS_H
#define BRIDGE_BUTTONS_H

#include <stdbool.h>
#include <stdint.h>

#include "messages.h"

/* A contact that has not moved for so long has come to rest. */
#define DEBOUNCE_MS 8u
/* Two taps further apart are two taps. */
#define DOUBLE_MS 300u
/* Held down for longer, a tap is none. */
#define LONG_MS 600u
/* The most that one step can tell. */
#define MOST_TOLD 4u

enum button_state { BUTTON_UP, BUTTON_DOWN, BUTTON_TAPPED, BUTTON_DOWN_AGAIN, BUTTON_HELD };

/* Begin with all zero. */
struct button {
    uint8_t state;      /* one of enum button_state */
    uint32_t since_ms;  /* when it last went down or up */
    bool moving;        /* the contact differs from what counts */
    uint32_t moving_ms; /* since when */
};

struct button_told {
    uint8_t action; /* one of enum button_action */
    uint32_t at_ms;
};

/* Tells whether it counts as pressed. */
bool button_is_down(const struct button *button);

/* Takes how the contact stands; call it every few ms. Returns how much is told. */
unsigned button_step(struct button *button, bool contact, uint32_t now_ms,
                     struct button_told told[MOST_TOLD]);

#endif
