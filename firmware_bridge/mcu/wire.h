/* Frames on a serial line; see ../PROTOCOL.md, section 1. */
#ifndef BRIDGE_WIRE_H
#define BRIDGE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_LEAST_BODY 2u
#define WIRE_MOST_BODY 64u
#define WIRE_CRC_BYTES 2u
#define WIRE_MOST_STUFFED (WIRE_MOST_BODY + WIRE_CRC_BYTES + 1u)
/* With a zero byte at each end. */
#define WIRE_MOST_FRAME (WIRE_MOST_STUFFED + 2u)

/* What became of a frame; the host counts with the same numbers. */
enum verdict {
    VERDICT_GOOD = 0,
    VERDICT_TOO_LONG = 1,
    VERDICT_BAD_STUFFING = 2,
    VERDICT_TOO_SHORT = 3,
    VERDICT_BAD_CRC = 4,
    VERDICT_UNKNOWN_TYPE = 5,
    VERDICT_BAD_LENGTH = 6,
    VERDICT_BAD_VALUE = 7,
    VERDICT_OTHER_PROTOCOL = 8
};

struct wire_body {
    uint8_t bytes[WIRE_MOST_BODY + WIRE_CRC_BYTES];
    size_t size;
};

/* Cuts a stream of bytes into bodies. Begin with all zero. */
struct wire_reader {
    uint8_t piece[WIRE_MOST_STUFFED];
    size_t size;
    bool too_long;
};

/* CRC-16/IBM-3740; of "123456789" it is 0x29B1. */
uint16_t wire_crc16(const uint8_t *bytes, size_t size);

/* Writes a body of 2 to 64 bytes as it goes over the line; returns how many bytes that are. */
size_t wire_frame(const uint8_t *body, size_t size, uint8_t out[WIRE_MOST_FRAME]);

/* Takes the next byte. True if a frame ended with it: `verdict` says what became of it, and `body`
   holds it if that is VERDICT_GOOD. */
bool wire_take(struct wire_reader *reader, uint8_t byte, enum verdict *verdict,
               struct wire_body *body);

#endif
