/* What board and host say to each other; see ../PROTOCOL.md, section 2. */
#ifndef BRIDGE_MESSAGES_H
#define BRIDGE_MESSAGES_H

#include "wire.h"

#define PROTOCOL 1u
#define MOST_BUTTONS 8u
#define MOST_OUTPUTS 8u
#define MOST_NAME 24u

enum message_type {
    MESSAGE_HELLO = 0x01,
    MESSAGE_BEAT = 0x02,
    MESSAGE_BUTTON = 0x03,
    MESSAGE_MUTE = 0x04,
    MESSAGE_KNOB = 0x05,
    MESSAGE_GREET = 0x41,
    MESSAGE_ALIVE = 0x42,
    MESSAGE_SET_LIGHT = 0x43,
    MESSAGE_SET_LEVEL = 0x44,
    MESSAGE_SET_OUTPUT = 0x45,
    MESSAGE_ACK = 0x7F
};

enum button_action {
    BUTTON_PRESS = 1,
    BUTTON_RELEASE = 2,
    BUTTON_TAP = 3,
    BUTTON_DOUBLE = 4,
    BUTTON_LONG = 5
};

enum light {
    LIGHT_OFF = 0,
    LIGHT_READY = 1,
    LIGHT_LISTENING = 2,
    LIGHT_THINKING = 3,
    LIGHT_SPEAKING = 4,
    LIGHT_MUTED = 5,
    LIGHT_ERROR = 6
};

/* Bits of `features`. */
enum feature { FEATURE_MUTE_SWITCH = 1, FEATURE_KNOB = 2, FEATURE_SUPPLY_METER = 4, FEATURE_LIGHTS = 8 };

struct hello {
    uint32_t session;
    uint8_t firmware[3];
    uint8_t buttons, outputs, features;
    char name[MOST_NAME];
    uint8_t name_size;
};

struct beat {
    uint32_t session, uptime_ms;
    uint16_t supply_mv;
    uint8_t muted, pressed;
    uint16_t unreadable;
};

struct message {
    uint8_t type; /* one of enum message_type */
    uint8_t sequence;
    union {
        struct hello hello;
        struct beat beat;
        struct {
            uint8_t button, action;
            uint16_t age_ms;
        } button;
        struct {
            uint8_t output, on;
        } set_output;
        uint32_t session; /* of greet and alive */
        uint8_t value;    /* of mute, knob, set_light, set_level and ack */
    } of;
};

/* Tells whether messages of that type are acknowledged. */
bool message_is_acknowledged(uint8_t type);

/* Writes the body of a message whose fields lie within their limits; returns its size. */
size_t message_encode(const struct message *message, uint8_t body[WIRE_MOST_BODY]);

/* Reads a body of at least two bytes. */
enum verdict message_decode(const uint8_t *body, size_t size, struct message *message);

#endif
