/* What the firmware needs of a board: the only part that knows the hardware.

   Port it by writing one file with these functions; board_pico.c and board_esp32.c are examples,
   board_host.c is a board made of pipes, for tests. None of them may wait: the watchdog bites when a
   step takes longer than a second. */
#ifndef BRIDGE_BOARD_H
#define BRIDGE_BOARD_H

#include "messages.h"

struct board_facts {
    const char *name; /* printable ASCII; 24 characters of it are told */
    uint8_t buttons;  /* at most MOST_BUTTONS */
    uint8_t outputs;  /* at most MOST_OUTPUTS */
    uint8_t features; /* of enum feature */
};

/* Prepares pins, serial line and watchdog; called once, after a reset. */
void board_setup(void);

const struct board_facts *board_facts(void);

/* Milliseconds since some moment; may wrap around. */
uint32_t board_millis(void);

/* Takes up to `room` bytes that have come in; returns how many. */
size_t board_read(uint8_t *bytes, size_t room);

/* Hands bytes to the serial line; drops what it has no room for, and the frame is sent again. */
void board_write(const uint8_t *bytes, size_t size);

/* How the contacts stand now, bounces and all: one bit a button, 1 is pressed. */
uint8_t board_contacts(void);

/* Whether the mute switch is on; asked only with FEATURE_MUTE_SWITCH. */
bool board_mute_switch(void);

/* How the knob stands, 0 to 100; asked only with FEATURE_KNOB. */
uint8_t board_knob(void);

/* Supply or battery; asked only with FEATURE_SUPPLY_METER. */
uint16_t board_supply_mv(void);

/* Shows a colour, red, green and blue; called at every step, and only with FEATURE_LIGHTS. */
void board_show(const uint8_t colour[3], enum light light);

/* Switches an output; all are off after a reset. */
void board_output(uint8_t output, bool on);

/* Tells the watchdog that all is well; called once a step and nowhere else. */
void board_feed_watchdog(void);

#endif
