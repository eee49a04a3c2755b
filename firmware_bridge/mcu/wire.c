#include "wire.h"

#include <string.h>

uint16_t wire_crc16(const uint8_t *bytes, size_t size)
{
    /* Four bits at a time: sixteen words of table, and fast enough for any line. */
    static const uint16_t table[16] = {
        0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
        0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF};
    uint16_t crc = 0xFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)((uint16_t)(crc << 4) ^ table[(crc >> 12) ^ (bytes[i] >> 4)]);
        crc = (uint16_t)((uint16_t)(crc << 4) ^ table[(crc >> 12) ^ (bytes[i] & 0x0Fu)]);
    }
    return crc;
}

size_t wire_frame(const uint8_t *body, size_t size, uint8_t out[WIRE_MOST_FRAME])
{
    uint16_t crc = wire_crc16(body, size);
    size_t code_at = 1, end = 2;
    out[0] = 0;
    out[1] = 1;
    for (size_t i = 0; i < size + WIRE_CRC_BYTES; i++) {
        uint8_t byte = i < size ? body[i] : (uint8_t)(i == size ? crc & 0xFFu : crc >> 8);
        if (byte == 0) {
            code_at = end;
            out[end++] = 1;
        } else {
            out[code_at]++;
            out[end++] = byte;
        }
    }
    out[end++] = 0;
    return end;
}

static enum verdict open_piece(const struct wire_reader *reader, struct wire_body *body)
{
    const uint8_t *piece = reader->piece;
    size_t size = reader->size, at = 0, plain = 0;
    if (reader->too_long)
        return VERDICT_TOO_LONG;
    while (at < size) {
        size_t code = piece[at];
        if (code > size - at)
            return VERDICT_BAD_STUFFING;
        memcpy(body->bytes + plain, piece + at + 1, code - 1);
        plain += code - 1;
        at += code;
        if (at < size)
            body->bytes[plain++] = 0;
    }
    if (plain < WIRE_LEAST_BODY + WIRE_CRC_BYTES)
        return VERDICT_TOO_SHORT;
    body->size = plain - WIRE_CRC_BYTES;
    uint16_t crc = (uint16_t)(body->bytes[body->size] | (uint16_t)(body->bytes[body->size + 1] << 8));
    return crc == wire_crc16(body->bytes, body->size) ? VERDICT_GOOD : VERDICT_BAD_CRC;
}

bool wire_take(struct wire_reader *reader, uint8_t byte, enum verdict *verdict,
               struct wire_body *body)
{
    if (byte != 0) {
        if (reader->size < sizeof reader->piece)
            reader->piece[reader->size++] = byte;
        else
            reader->too_long = true;
        return false;
    }
    if (reader->size == 0)
        return false;
    *verdict = open_piece(reader, body);
    reader->size = 0;
    reader->too_long = false;
    return true;
}
