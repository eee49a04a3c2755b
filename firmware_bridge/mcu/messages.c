#include "messages.h"

#include <string.h>

#define HELLO_FIXED 11u
#define BEAT_SIZE 14u
#define BUTTON_SIZE 4u
#define GREET_SIZE 5u
#define ALIVE_SIZE 4u
#define SET_OUTPUT_SIZE 2u

static size_t put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value & 0xFFu);
    at[1] = (uint8_t)(value >> 8);
    return 2;
}

static size_t put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value & 0xFFFFu));
    put16(at + 2, (uint16_t)(value >> 16));
    return 4;
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (uint16_t)(at[1] << 8));
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) | ((uint32_t)get16(at + 2) << 16);
}

bool message_is_acknowledged(uint8_t type)
{
    switch (type) {
    case MESSAGE_BUTTON:
    case MESSAGE_MUTE:
    case MESSAGE_KNOB:
    case MESSAGE_SET_LIGHT:
    case MESSAGE_SET_OUTPUT:
        return true;
    default:
        return false;
    }
}

static size_t put_hello(const struct hello *hello, uint8_t *at)
{
    uint8_t *begin = at;
    *at++ = PROTOCOL;
    at += put32(at, hello->session);
    memcpy(at, hello->firmware, sizeof hello->firmware);
    at += sizeof hello->firmware;
    *at++ = hello->buttons;
    *at++ = hello->outputs;
    *at++ = hello->features;
    memcpy(at, hello->name, hello->name_size);
    return (size_t)(at - begin) + hello->name_size;
}

static size_t put_beat(const struct beat *beat, uint8_t *at)
{
    put32(at, beat->session);
    put32(at + 4, beat->uptime_ms);
    put16(at + 8, beat->supply_mv);
    at[10] = beat->muted;
    at[11] = beat->pressed;
    put16(at + 12, beat->unreadable);
    return BEAT_SIZE;
}

size_t message_encode(const struct message *message, uint8_t body[WIRE_MOST_BODY])
{
    uint8_t *at = body + 2;
    body[0] = message->type;
    body[1] = message->sequence;
    switch (message->type) {
    case MESSAGE_HELLO:
        return 2 + put_hello(&message->of.hello, at);
    case MESSAGE_BEAT:
        return 2 + put_beat(&message->of.beat, at);
    case MESSAGE_BUTTON:
        at[0] = message->of.button.button;
        at[1] = message->of.button.action;
        put16(at + 2, message->of.button.age_ms);
        return 2 + BUTTON_SIZE;
    case MESSAGE_GREET:
        at[0] = PROTOCOL;
        put32(at + 1, message->of.session);
        return 2 + GREET_SIZE;
    case MESSAGE_ALIVE:
        put32(at, message->of.session);
        return 2 + ALIVE_SIZE;
    case MESSAGE_SET_OUTPUT:
        at[0] = message->of.set_output.output;
        at[1] = message->of.set_output.on;
        return 2 + SET_OUTPUT_SIZE;
    default:
        at[0] = message->of.value;
        return 3;
    }
}

/* The first field of a greeting is the version for ever; what follows may be anything. */
static enum verdict same_protocol(const uint8_t *fields, size_t size)
{
    if (size == 0)
        return VERDICT_BAD_LENGTH;
    return fields[0] == PROTOCOL ? VERDICT_GOOD : VERDICT_OTHER_PROTOCOL;
}

static enum verdict get_hello(const uint8_t *fields, size_t size, struct hello *hello)
{
    enum verdict verdict = same_protocol(fields, size);
    if (verdict != VERDICT_GOOD)
        return verdict;
    if (size <= HELLO_FIXED || size > HELLO_FIXED + MOST_NAME)
        return VERDICT_BAD_LENGTH;
    hello->session = get32(fields + 1);
    memcpy(hello->firmware, fields + 5, sizeof hello->firmware);
    hello->buttons = fields[8];
    hello->outputs = fields[9];
    hello->features = fields[10];
    hello->name_size = (uint8_t)(size - HELLO_FIXED);
    memcpy(hello->name, fields + HELLO_FIXED, hello->name_size);
    if (hello->buttons > MOST_BUTTONS || hello->outputs > MOST_OUTPUTS)
        return VERDICT_BAD_VALUE;
    for (size_t i = HELLO_FIXED; i < size; i++)
        if (fields[i] < 0x20 || fields[i] > 0x7E)
            return VERDICT_BAD_VALUE;
    return VERDICT_GOOD;
}

static enum verdict get_beat(const uint8_t *fields, size_t size, struct beat *beat)
{
    if (size != BEAT_SIZE)
        return VERDICT_BAD_LENGTH;
    beat->session = get32(fields);
    beat->uptime_ms = get32(fields + 4);
    beat->supply_mv = get16(fields + 8);
    beat->muted = fields[10];
    beat->pressed = fields[11];
    beat->unreadable = get16(fields + 12);
    return beat->muted <= 1 ? VERDICT_GOOD : VERDICT_BAD_VALUE;
}

static enum verdict get_button(const uint8_t *fields, size_t size, struct message *message)
{
    if (size != BUTTON_SIZE)
        return VERDICT_BAD_LENGTH;
    message->of.button.button = fields[0];
    message->of.button.action = fields[1];
    message->of.button.age_ms = get16(fields + 2);
    bool good = fields[0] < MOST_BUTTONS && fields[1] >= BUTTON_PRESS && fields[1] <= BUTTON_LONG;
    return good ? VERDICT_GOOD : VERDICT_BAD_VALUE;
}

static enum verdict get_greet(const uint8_t *fields, size_t size, struct message *message)
{
    enum verdict verdict = same_protocol(fields, size);
    if (verdict != VERDICT_GOOD)
        return verdict;
    if (size != GREET_SIZE)
        return VERDICT_BAD_LENGTH;
    message->of.session = get32(fields + 1);
    return message->of.session != 0 ? VERDICT_GOOD : VERDICT_BAD_VALUE;
}

static enum verdict get_alive(const uint8_t *fields, size_t size, struct message *message)
{
    if (size != ALIVE_SIZE)
        return VERDICT_BAD_LENGTH;
    message->of.session = get32(fields);
    return VERDICT_GOOD;
}

static enum verdict get_set_output(const uint8_t *fields, size_t size, struct message *message)
{
    if (size != SET_OUTPUT_SIZE)
        return VERDICT_BAD_LENGTH;
    message->of.set_output.output = fields[0];
    message->of.set_output.on = fields[1];
    return fields[0] < MOST_OUTPUTS && fields[1] <= 1 ? VERDICT_GOOD : VERDICT_BAD_VALUE;
}

static enum verdict get_value(const uint8_t *fields, size_t size, uint8_t least, uint8_t most,
                              struct message *message)
{
    if (size != 1)
        return VERDICT_BAD_LENGTH;
    message->of.value = fields[0];
    return fields[0] >= least && fields[0] <= most ? VERDICT_GOOD : VERDICT_BAD_VALUE;
}

static enum verdict get_fields(const uint8_t *fields, size_t size, struct message *message)
{
    switch (message->type) {
    case MESSAGE_HELLO:
        return get_hello(fields, size, &message->of.hello);
    case MESSAGE_BEAT:
        return get_beat(fields, size, &message->of.beat);
    case MESSAGE_BUTTON:
        return get_button(fields, size, message);
    case MESSAGE_GREET:
        return get_greet(fields, size, message);
    case MESSAGE_ALIVE:
        return get_alive(fields, size, message);
    case MESSAGE_SET_OUTPUT:
        return get_set_output(fields, size, message);
    case MESSAGE_MUTE:
        return get_value(fields, size, 0, 1, message);
    case MESSAGE_KNOB:
        return get_value(fields, size, 0, 100, message);
    case MESSAGE_SET_LIGHT:
        return get_value(fields, size, LIGHT_OFF, LIGHT_ERROR, message);
    case MESSAGE_SET_LEVEL:
        return get_value(fields, size, 0, 255, message);
    case MESSAGE_ACK:
        return get_value(fields, size, 1, 255, message);
    default:
        return VERDICT_UNKNOWN_TYPE;
    }
}

enum verdict message_decode(const uint8_t *body, size_t size, struct message *message)
{
    memset(message, 0, sizeof *message);
    message->type = body[0];
    message->sequence = body[1];
    enum verdict verdict = get_fields(body + 2, size - 2, message);
    if (verdict == VERDICT_GOOD &&
        (message->sequence != 0) != message_is_acknowledged(message->type))
        return VERDICT_BAD_VALUE;
    return verdict;
}
