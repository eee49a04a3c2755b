/* A board made of pipes, for tests: the serial line is standard input and output, the world around
   the board is lines of text.

   serve W D  be a board; on descriptor W comes what happens to it: "contacts N", "mute 0|1", "knob N",
              "supply N", "reset", "hang", "go"; on D goes what it does: "light N", "output N 0|1"
   verdicts   read bytes; write what became of each frame: the verdict, and of a good one the size and
              the body of the message as this side writes it
   gestures   read lines "ms contact"; write "action at_ms" for all that one button tells */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "bridge.h"
#include "buttons.h"

#define SERIAL_IN 0
#define SERIAL_OUT 1
#define MOST_LINE 64

static int world_in, deeds_out;

static struct {
    unsigned contacts, mute, knob, supply_mv;
    int hangs, light;
} world = {0, 0, 50, 5000, 0, -1};

static const struct board_facts facts = {
    "host", 2, 4, FEATURE_MUTE_SWITCH | FEATURE_KNOB | FEATURE_SUPPLY_METER | FEATURE_LIGHTS};

const struct board_facts *board_facts(void) { return &facts; }

void board_setup(void) { world.light = -1; }

uint32_t board_millis(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

size_t board_read(uint8_t *bytes, size_t room)
{
    ssize_t got = read(SERIAL_IN, bytes, room);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        exit(0); /* whoever held the other end is gone */
    return got > 0 ? (size_t)got : 0;
}

void board_write(const uint8_t *bytes, size_t size)
{
    if (write(SERIAL_OUT, bytes, size) < 0 && errno != EAGAIN)
        exit(0);
}

uint8_t board_contacts(void) { return (uint8_t)world.contacts; }
bool board_mute_switch(void) { return world.mute != 0; }
uint8_t board_knob(void) { return (uint8_t)world.knob; }
uint16_t board_supply_mv(void) { return (uint16_t)world.supply_mv; }
void board_feed_watchdog(void) {}

static void tell(const char *line)
{
    if (write(deeds_out, line, strlen(line)) < 0)
        exit(0);
}

void board_show(const uint8_t colour[3], enum light light)
{
    char line[MOST_LINE];
    (void)colour;
    if ((int)light == world.light)
        return;
    world.light = (int)light;
    snprintf(line, sizeof line, "light %d\n", world.light);
    tell(line);
}

void board_output(uint8_t output, bool on)
{
    char line[MOST_LINE];
    snprintf(line, sizeof line, "output %u %d\n", (unsigned)output, (int)on);
    tell(line);
}

static void change_world(const char *line)
{
    unsigned value = 0;
    if (sscanf(line, "contacts %u", &value) == 1)
        world.contacts = value;
    else if (sscanf(line, "mute %u", &value) == 1)
        world.mute = value;
    else if (sscanf(line, "knob %u", &value) == 1)
        world.knob = value;
    else if (sscanf(line, "supply %u", &value) == 1)
        world.supply_mv = value;
    else if (strcmp(line, "reset") == 0)
        bridge_setup();
    else
        world.hangs = strcmp(line, "hang") == 0;
}

static void read_world(void)
{
    static char line[MOST_LINE];
    static size_t size;
    char byte;
    while (read(world_in, &byte, 1) == 1) {
        if (byte == '\n') {
            line[size] = '\0';
            change_world(line);
            size = 0;
        } else if (size < sizeof line - 1) {
            line[size++] = byte;
        }
    }
}

static int serve(void)
{
    /* Whoever is gone is noticed by the write that fails, whichever end goes first. */
    signal(SIGPIPE, SIG_IGN);
    fcntl(SERIAL_IN, F_SETFL, fcntl(SERIAL_IN, F_GETFL) | O_NONBLOCK);
    fcntl(world_in, F_SETFL, fcntl(world_in, F_GETFL) | O_NONBLOCK);
    bridge_setup();
    for (;;) {
        struct pollfd waited[2] = {{SERIAL_IN, POLLIN, 0}, {world_in, POLLIN, 0}};
        poll(waited, 2, 2);
        read_world();
        if (!world.hangs)
            bridge_step();
        else if (waited[0].revents & POLLHUP)
            return 0;
    }
}

static int verdicts(void)
{
    static uint8_t bytes[65536];
    struct wire_reader reader = {.size = 0};
    size_t got;
    while ((got = fread(bytes, 1, sizeof bytes, stdin)) > 0) {
        for (size_t i = 0; i < got; i++) {
            enum verdict verdict;
            struct wire_body body;
            struct message message;
            if (!wire_take(&reader, bytes[i], &verdict, &body))
                continue;
            if (verdict == VERDICT_GOOD)
                verdict = message_decode(body.bytes, body.size, &message);
            putchar((int)verdict);
            if (verdict == VERDICT_GOOD) {
                uint8_t again[WIRE_MOST_BODY];
                size_t size = message_encode(&message, again);
                putchar((int)size);
                fwrite(again, 1, size, stdout);
            }
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

static int gestures(void)
{
    struct button button = {0};
    unsigned long at_ms;
    unsigned contact;
    while (scanf("%lu %u", &at_ms, &contact) == 2) {
        struct button_told told[MOST_TOLD];
        unsigned count = button_step(&button, contact != 0, (uint32_t)at_ms, told);
        for (unsigned i = 0; i < count; i++)
            printf("%u %lu\n", (unsigned)told[i].action, (unsigned long)told[i].at_ms);
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 4 && strcmp(arguments[1], "serve") == 0) {
        world_in = atoi(arguments[2]);
        deeds_out = atoi(arguments[3]);
        return serve();
    }
    if (count == 2 && strcmp(arguments[1], "verdicts") == 0)
        return verdicts();
    if (count == 2 && strcmp(arguments[1], "gestures") == 0)
        return gestures();
    fprintf(stderr, "usage: board_host serve W D|verdicts|gestures\n");
    return 2;
}
