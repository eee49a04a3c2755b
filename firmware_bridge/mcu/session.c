#include "session.h"

#include <string.h>

#define FIRMWARE_MAJOR 1
#define FIRMWARE_MINOR 0
#define FIRMWARE_PATCH 0

static void send(const struct message *message)
{
    uint8_t body[WIRE_MOST_BODY], frame[WIRE_MOST_FRAME];
    size_t size = message_encode(message, body);
    board_write(frame, wire_frame(body, size, frame));
}

static void introduce(const struct session *session)
{
    struct message hello = {.type = MESSAGE_HELLO};
    hello.of.hello = session->me;
    send(&hello);
}

static void acknowledge(uint8_t sequence)
{
    struct message ack = {.type = MESSAGE_ACK};
    ack.of.value = sequence;
    send(&ack);
}

static void forget(struct session *session)
{
    session->queued = 0;
    session->mute_due = session->knob_due = false;
    session->is_under_way = false;
    session->sequence = 0;
    session->last_heard = 0;
}

void session_begin(struct session *session, const struct board_facts *facts, uint32_t now_ms)
{
    memset(session, 0, sizeof *session);
    session->me.firmware[0] = FIRMWARE_MAJOR;
    session->me.firmware[1] = FIRMWARE_MINOR;
    session->me.firmware[2] = FIRMWARE_PATCH;
    session->me.buttons = facts->buttons;
    session->me.outputs = facts->outputs;
    session->me.features = facts->features;
    while (session->me.name_size < MOST_NAME && facts->name[session->me.name_size] != '\0') {
        session->me.name[session->me.name_size] = facts->name[session->me.name_size];
        session->me.name_size++;
    }
    session->reset_ms = session->beat_ms = now_ms;
    introduce(session);
}

static void greeted(struct session *session, uint32_t number, uint32_t now_ms)
{
    session->heard_ms = now_ms;
    if (number != session->me.session) {
        session->me.session = number;
        session->unreadable = 0;
        forget(session);
        session->mute_due = (session->me.features & FEATURE_MUTE_SWITCH) != 0;
        session->knob_due = (session->me.features & FEATURE_KNOB) != 0;
    }
    introduce(session);
}

static void grant(struct session *session, const struct message *wish)
{
    switch (wish->type) {
    case MESSAGE_SET_LIGHT:
        session->light = wish->of.value;
        session->level = 0;
        break;
    case MESSAGE_SET_LEVEL:
        session->level = wish->of.value;
        break;
    default:
        if (wish->of.set_output.output < session->me.outputs)
            board_output(wish->of.set_output.output, wish->of.set_output.on != 0);
        break;
    }
}

static void take(struct session *session, const struct message *message, uint32_t now_ms)
{
    if (message->type == MESSAGE_GREET) {
        greeted(session, message->of.session, now_ms);
        return;
    }
    if (session->me.session == 0)
        return;
    if (message->type == MESSAGE_ALIVE && message->of.session != session->me.session)
        return;
    session->heard_ms = now_ms;
    switch (message->type) {
    case MESSAGE_ACK:
        if (session->is_under_way && message->of.value == session->sequence)
            session->is_under_way = false;
        break;
    case MESSAGE_SET_LIGHT:
    case MESSAGE_SET_OUTPUT:
        acknowledge(message->sequence);
        /* One is under way at a time: the same number again is the same message again. */
        if (message->sequence != session->last_heard)
            grant(session, message);
        session->last_heard = message->sequence;
        break;
    case MESSAGE_SET_LEVEL:
        grant(session, message);
        break;
    default:
        break;
    }
}

void session_received(struct session *session, const uint8_t *bytes, size_t size, uint32_t now_ms)
{
    for (size_t i = 0; i < size; i++) {
        enum verdict verdict;
        struct wire_body body;
        struct message message;
        if (!wire_take(&session->reader, bytes[i], &verdict, &body))
            continue;
        if (verdict == VERDICT_GOOD)
            verdict = message_decode(body.bytes, body.size, &message);
        if (verdict == VERDICT_GOOD)
            take(session, &message, now_ms);
        else if (verdict == VERDICT_OTHER_PROTOCOL)
            introduce(session); /* the host learns from it that versions differ */
        else if (session->unreadable < UINT16_MAX)
            session->unreadable++;
    }
}

void session_button(struct session *session, uint8_t button, uint8_t action, uint32_t at_ms)
{
    if (session->me.session == 0 || session->queued == MOST_QUEUED)
        return;
    unsigned at = ((unsigned)session->first + session->queued) % MOST_QUEUED;
    session->queue[at] = (struct queued){button, action, at_ms};
    session->queued++;
}

void session_mute(struct session *session, bool muted)
{
    if (muted != (session->muted != 0)) {
        session->muted = muted;
        session->mute_due = session->me.session != 0;
    }
}

void session_knob(struct session *session, uint8_t percent)
{
    if (percent != session->knob) {
        session->knob = percent;
        session->knob_due = session->me.session != 0;
    }
}

/* Puts the next message under way; false if there is none. What the owner wants kept from the device
   comes first. */
static bool next(struct session *session, uint32_t now_ms)
{
    struct message *message = &session->under_way;
    memset(message, 0, sizeof *message);
    session->under_way_ms = now_ms;
    if (session->mute_due) {
        session->mute_due = false;
        message->type = MESSAGE_MUTE;
        message->of.value = session->muted;
    } else if (session->queued > 0) {
        const struct queued *queued = &session->queue[session->first];
        message->type = MESSAGE_BUTTON;
        message->of.button.button = queued->button;
        message->of.button.action = queued->action;
        session->under_way_ms = queued->at_ms;
        session->first = (uint8_t)((session->first + 1u) % MOST_QUEUED);
        session->queued--;
    } else if (session->knob_due) {
        session->knob_due = false;
        message->type = MESSAGE_KNOB;
        message->of.value = session->knob;
    } else {
        return false;
    }
    session->sequence = (uint8_t)(session->sequence % 255u + 1u);
    message->sequence = session->sequence;
    session->is_under_way = true;
    return true;
}

static void send_under_way(struct session *session, uint32_t now_ms)
{
    if (session->is_under_way ? now_ms - session->sent_ms < RETRY_MS : !next(session, now_ms))
        return;
    session->sent_ms = now_ms;
    if (session->under_way.type == MESSAGE_BUTTON) {
        uint32_t age_ms = now_ms - session->under_way_ms;
        session->under_way.of.button.age_ms = age_ms < UINT16_MAX ? (uint16_t)age_ms : UINT16_MAX;
    }
    send(&session->under_way);
}

static void beat(struct session *session, uint32_t now_ms)
{
    struct message beat = {.type = MESSAGE_BEAT};
    beat.of.beat.session = session->me.session;
    beat.of.beat.uptime_ms = now_ms - session->reset_ms;
    beat.of.beat.supply_mv = session->supply_mv;
    beat.of.beat.muted = session->muted;
    beat.of.beat.pressed = session->pressed;
    beat.of.beat.unreadable = session->unreadable;
    session->beat_ms = now_ms;
    send(&beat);
}

void session_tick(struct session *session, uint32_t now_ms)
{
    if (session->me.session != 0 && now_ms - session->heard_ms >= SILENCE_MS) {
        session->me.session = 0;
        forget(session);
        session->light = LIGHT_ERROR;
        session->level = 0;
    }
    if (now_ms - session->beat_ms >= BEAT_EVERY_MS)
        beat(session, now_ms);
    if (session->me.session != 0)
        send_under_way(session, now_ms);
}
