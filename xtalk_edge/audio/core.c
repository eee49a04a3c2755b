/* The audio core: what runs in the sound card's own thread, and the rings it shares with Python.
 *
 * core_block() is the whole of it: it takes a block from the microphone, gives a block to the
 * loudspeaker, and writes down when. It copies and counts: no lock, no allocation, no system call
 * but the clock's (and one before the first block). Every ring has one writer and one reader. All
 * counts are frames since the start and never wrap (64 bits).
 *
 * One unit in four files: here the state; core_time.c when played sound is heard; core_block.c
 * what the card's thread does; core_python.c what the other threads ask and order.
 *
 * capture ring   mic and far, written by the callback in the same frame, read by core_read()
 * block ring     one record per stored block, beside the capture ring
 * playback ring  written by core_write(), read by the callback
 * heard slots    the last blocks handed to the loudspeaker; anyone may look, see core_audible()
 */
#include "core_time.c"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if ATOMIC_LLONG_LOCK_FREE != 2
#error "the audio core needs lock-free 64-bit atomics"
#endif

#define LOAD(x) atomic_load_explicit(&(x), memory_order_acquire)
#define PEEK(x) atomic_load_explicit(&(x), memory_order_relaxed)
#define STORE(x, v) atomic_store_explicit(&(x), (v), memory_order_release)
#define NOTE(x, v) atomic_store_explicit(&(x), (v), memory_order_relaxed)
#define ADD(x, n) NOTE(x, PEEK(x) + (n)) /* only ever used by the one writer of x */

enum { INPUT_OVERFLOW = 2, OUTPUT_UNDERFLOW = 4 };              /* PaStreamCallbackFlags */
enum { GAP_RING_FULL = 0, GAP_OVERFLOW = 1, GAP_STALLED = 2 };  /* why frames are missing */
enum { HEARD_SLOTS = 1024 };   /* 1.3 s of 64-frame blocks at 48 kHz: far more than any latency */

/* How far ADC times of one stream go back at most: 35 ms were seen. What is heard later cannot
 * have been heard before, but PulseAudio under load claims so, by seconds, for some blocks. */
#define JITTER_S 0.04
/* By so much a block such times are followed, in case it was the earlier ones that were wrong. */
#define BACK_S 1e-3
/* A jump of the ADC time that the device did not flag: longer than any jitter. */
#define STALL_S 0.1
/* A clock that claims more than this was lost is broken. */
#define MOST_LOST_S 3600.0
/* Silence longer than this between two pieces of content is a pause, not starvation. */
#define PAUSE_S 1.0
/* Offsets beyond these say that the host API does not fill in its times. PulseAudio's plugin can
 * hold up to 43 s of sound that nobody fetched. */
#define LEAST_OFFSET_S -0.05
#define MOST_OFFSET_S 60.0

typedef struct {
    double adc_s, dac_s, now_s;
    uint64_t capture_frame, play_start, play_end, dropped, lost_ring, lost_device;
    uint32_t frames, status, device_reason;
} core_block_record;

typedef struct {
    uint64_t at_frame, frames;
    uint32_t reason;
} core_gap;

typedef struct {
    uint64_t blocks, captured, ring_lost, device_lost, starved, overflows, underflows;
    uint64_t high_water, low_water, flushes;
} core_counts;

/* Content a0..a1 left at dac_s, then, behind a flush in the same block, b0..b1. */
typedef struct {
    _Atomic double dac_s;
    _Atomic uint64_t a0, a1, b0, b1;
} heard_slot;

typedef struct audio_core {
    double rate, in_latency_s;
    int in_channels, out_channels;
    uint64_t capacity, mask, block_mask;
    int16_t *mic, *far, *play;
    core_block_record *blocks;
    _Atomic uint64_t stored, taken, blocks_stored, blocks_taken;   /* capture and block rings */
    _Atomic uint64_t written, consumed;                            /* playback ring */
    _Atomic uint64_t gain_order;                                   /* target and ramp, packed */
    _Atomic uint64_t flush_to, flush_asked, flush_done, cut;
    _Atomic uint32_t flush_fade, marks_asked, finished, hold;
    _Atomic uint64_t n_blocks, captured, ring_lost, device_lost, starved, overflows, underflows;
    _Atomic uint64_t high_water, low_water;
    _Atomic uint64_t heard_head, audible;
    _Atomic double capture_lag_s;
    heard_slot heard[HEARD_SLOTS];
    /* the callback's own */
    uint64_t gain_seen, flush_seen, flushed_to, heard_end, dry, pending_ring, pending_device;
    uint32_t marks_seen, ramp_left, fade_frames, fade_at, pending_reason;
    int fading, started, resumed, fresh;
    play_clock clock;
    float gain, gain_step, gain_target;
    double next_adc_s;
    /* the reader's own */
    core_block_record now;
    int holding;
} audio_core;

static uint64_t pack_gain(float target, uint32_t ramp)
{
    uint32_t bits;
    memcpy(&bits, &target, sizeof bits);
    return (uint64_t)ramp << 32 | bits;
}

void core_free(audio_core *c)
{
    if (c) {
        free(c->mic);
        free(c->far);
        free(c->play);
        free(c->blocks);
        free(c);
    }
}

/* capacity and block_capacity are powers of two; NULL when memory is short */
audio_core *core_new(double rate, uint64_t capacity, uint64_t block_capacity)
{
    audio_core *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->mic = calloc(capacity, sizeof *c->mic);
    c->far = calloc(capacity, sizeof *c->far);
    c->play = calloc(capacity, sizeof *c->play);
    c->blocks = calloc(block_capacity, sizeof *c->blocks);
    if (!c->mic || !c->far || !c->play || !c->blocks) {
        core_free(c);
        return NULL;
    }
    for (uint64_t i = 0; i < capacity; i += 1024) /* fetch the pages now, not in the callback */
        *(volatile int16_t *)&c->mic[i] = *(volatile int16_t *)&c->far[i] =
            *(volatile int16_t *)&c->play[i] = 0;
    c->rate = rate;
    c->capacity = capacity;
    c->mask = capacity - 1;
    c->block_mask = block_capacity - 1;
    c->in_channels = c->out_channels = 1;
    c->gain = c->gain_target = 1.0f;
    c->gain_seen = pack_gain(1.0f, 0);
    NOTE(c->gain_order, c->gain_seen);
    NOTE(c->low_water, capacity);
    c->dry = UINT64_MAX / 2; /* idle, so the first content ends no starvation */
    play_clock_start(&c->clock, rate, 0);
    return c;
}

/* Before a stream starts, the first or one in its place: its channels, and its latencies for
 * hosts that give no times. What is lost between two streams is a gap. */
void core_set_stream(audio_core *c, int in_channels, int out_channels, double in_s, double out_s)
{
    c->in_channels = in_channels;
    c->out_channels = out_channels;
    c->in_latency_s = in_s;
    c->resumed = c->started;
    c->fresh = 1;
    STORE(c->finished, 0);
    play_clock_start(&c->clock, c->rate, out_s);
}

#include "core_block.c"
#include "core_python.c"
