#include "bridge.h"

#include "buttons.h"
#include "lights.h"
#include "session.h"

#include <string.h>

/* A converter's last digit flickers: smaller turns of the knob are none. */
#define KNOB_STEP 2
/* The knob is told so often at most. */
#define KNOB_EVERY_MS 50u
/* Bytes taken in a step: bounds how long one lasts, whatever comes in. */
#define MOST_READ 128u

static struct session session;
static struct button buttons[MOST_BUTTONS];
static uint32_t knob_ms;

void bridge_setup(void)
{
    board_setup();
    memset(buttons, 0, sizeof buttons);
    knob_ms = board_millis();
    session_begin(&session, board_facts(), knob_ms);
}

static void read_line(uint32_t now_ms)
{
    uint8_t bytes[MOST_READ];
    session_received(&session, bytes, board_read(bytes, sizeof bytes), now_ms);
}

static void watch_buttons(uint32_t now_ms)
{
    uint8_t contacts = board_contacts();
    session.pressed = 0;
    for (uint8_t i = 0; i < session.me.buttons; i++) {
        struct button_told told[MOST_TOLD];
        unsigned count = button_step(&buttons[i], (contacts & (1u << i)) != 0, now_ms, told);
        for (unsigned n = 0; n < count; n++)
            session_button(&session, i, told[n].action, told[n].at_ms);
        if (button_is_down(&buttons[i]))
            session.pressed |= (uint8_t)(1u << i);
    }
}

static void watch_knob(uint32_t now_ms)
{
    if (now_ms - knob_ms < KNOB_EVERY_MS)
        return;
    knob_ms = now_ms;
    int percent = board_knob(), moved = percent - session.knob;
    bool at_an_end = percent == 0 || percent == 100;
    if (moved >= KNOB_STEP || moved <= -KNOB_STEP || at_an_end)
        session_knob(&session, (uint8_t)percent);
}

void bridge_step(void)
{
    uint32_t now_ms = board_millis();
    uint8_t features = session.me.features;
    read_line(now_ms);
    watch_buttons(now_ms);
    if (features & FEATURE_MUTE_SWITCH)
        session_mute(&session, board_mute_switch());
    if (features & FEATURE_KNOB)
        watch_knob(now_ms);
    if (features & FEATURE_SUPPLY_METER)
        session.supply_mv = board_supply_mv();
    session_tick(&session, now_ms);
    if (features & FEATURE_LIGHTS) {
        /* Muted is shown at once, host or no host. */
        enum light light = session.muted ? LIGHT_MUTED : (enum light)session.light;
        uint8_t colour[3];
        lights_colour(light, session.level, now_ms, colour);
        board_show(colour, light);
    }
    board_feed_watchdog();
}
