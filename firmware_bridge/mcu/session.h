/* The board's side of the conversation; see ../PROTOCOL.md, section 3. */
#ifndef BRIDGE_SESSION_H
#define BRIDGE_SESSION_H

#include "board.h"
#include "buttons.h"

#define RETRY_MS 40u
#define BEAT_EVERY_MS 500u
#define SILENCE_MS 3000u
/* Nobody presses faster than that within the time a host may be silent. */
#define MOST_QUEUED 32u

struct queued {
    uint8_t button, action;
    uint32_t at_ms;
};

struct session {
    struct hello me; /* its `session` is 0 while there is no host */
    struct wire_reader reader;
    uint32_t reset_ms, heard_ms, beat_ms;
    uint16_t unreadable;

    struct queued queue[MOST_QUEUED];
    uint8_t first, queued;
    bool mute_due, knob_due;
    uint8_t muted, knob, pressed;
    uint16_t supply_mv;

    struct message under_way;
    bool is_under_way;
    uint32_t under_way_ms; /* when what it tells happened */
    uint32_t sent_ms;
    uint8_t sequence;
    uint8_t last_heard; /* sequence number of the last message taken; 0 is none yet */

    uint8_t light, level; /* what the host wants to be shown */
};

void session_begin(struct session *session, const struct board_facts *facts, uint32_t now_ms);

/* Takes bytes from the line. */
void session_received(struct session *session, const uint8_t *bytes, size_t size, uint32_t now_ms);

/* Takes that something happened to a button; forgotten while there is no host. */
void session_button(struct session *session, uint8_t button, uint8_t action, uint32_t at_ms);

/* Takes how the mute switch and the knob stand. */
void session_mute(struct session *session, bool muted);
void session_knob(struct session *session, uint8_t percent);

/* Lets time pass: sends what is due. */
void session_tick(struct session *session, uint32_t now_ms);

#endif
