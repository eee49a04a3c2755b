/* The audio core: what runs in the sound card's own thread, and the rings it shares with Python.
 *
 * core_block() is the whole of it: it takes a block from the microphone, gives a block to the
 * loudspeaker, and writes down when. It copies and counts: no lock, no allocation, no system call
 * but the clock's (and one before the first block). Every ring has one writer and one reader. All counts are frames since the
 * start and never wrap (64 bits).
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
    _Atomic uint32_t flush_fade, marks_asked, finished;
    _Atomic uint64_t n_blocks, captured, ring_lost, device_lost, starved, overflows, underflows;
    _Atomic uint64_t high_water, low_water;
    _Atomic uint64_t heard_head, audible;
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

static void count_lost(audio_core *c, double adc_s, uint32_t frames, uint32_t status)
{
    double late_s = adc_s - c->next_adc_s;
    uint32_t flagged = (status & INPUT_OVERFLOW) != 0;
    int told = flagged || c->resumed; /* that frames are missing, so any lateness is a loss */
    if (c->started && late_s < MOST_LOST_S && (late_s > STALL_S || (told && late_s > 0))) {
        uint64_t lost = (uint64_t)(late_s * c->rate + 0.5);
        c->pending_device += lost;
        c->pending_reason = flagged ? GAP_OVERFLOW : GAP_STALLED;
        ADD(c->device_lost, lost);
        ADD(c->captured, lost);
    }
    c->started = 1;
    c->resumed = 0;
    c->next_adc_s = adc_s + frames / c->rate;
    ADD(c->overflows, flagged);
    ADD(c->underflows, (status & OUTPUT_UNDERFLOW) ? 1u : 0u);
}

static void take_orders(audio_core *c, uint64_t at)
{
    uint64_t gain = LOAD(c->gain_order), flush = LOAD(c->flush_asked);
    if (gain != c->gain_seen) {
        uint32_t bits = (uint32_t)gain;
        c->gain_seen = gain;
        c->ramp_left = (uint32_t)(gain >> 32);
        memcpy(&c->gain_target, &bits, sizeof bits);
        if (c->ramp_left)
            c->gain_step = (c->gain_target - c->gain) / (float)c->ramp_left;
        else
            c->gain = c->gain_target;
    }
    if (flush != c->flush_seen) {
        uint64_t to = LOAD(c->flush_to), left = to > at ? to - at : 0;
        uint32_t fade = PEEK(c->flush_fade);
        c->flush_seen = flush;
        if (to == c->flushed_to) { /* nothing new since the last one, whose cut stands */
            STORE(c->flush_done, flush);
        } else if (!c->fading) { /* a second flush during a fade only drops more behind it */
            c->fading = 1;
            c->fade_at = 0;
            c->fade_frames = left < fade ? (uint32_t)left : fade;
        }
    }
    if (PEEK(c->marks_asked) != c->marks_seen) {
        c->marks_seen = PEEK(c->marks_asked);
        NOTE(c->high_water, 0);
        NOTE(c->low_water, c->capacity);
    }
}

/* Return the next content index behind a finished fade: everything flushed is skipped. */
static uint64_t finish_flush(audio_core *c, uint64_t at)
{
    uint64_t to = PEEK(c->flush_to);
    c->fading = 0;
    c->flushed_to = to;
    c->dry = UINT64_MAX / 2; /* silence from here on was ordered */
    NOTE(c->cut, c->heard_end);
    STORE(c->flush_done, c->flush_seen);
    return to > at ? to : at;
}

static float next_level(audio_core *c)
{
    if (c->ramp_left) {
        c->gain += c->gain_step;
        if (--c->ramp_left == 0)
            c->gain = c->gain_target;
    }
    return c->gain;
}

static void publish_heard(audio_core *c, double dac_s, const uint64_t *span)
{
    uint64_t head = PEEK(c->heard_head);
    heard_slot *slot = &c->heard[head % HEARD_SLOTS];
    atomic_thread_fence(memory_order_release); /* pairs with the lap check in core_audible */
    NOTE(slot->dac_s, dac_s);
    NOTE(slot->a0, span[0]);
    NOTE(slot->a1, span[1]);
    NOTE(slot->b0, span[2]);
    NOTE(slot->b1, span[3]);
    STORE(c->heard_head, head + 1);
}

/* One block: `in` and `out` are interleaved int16 or NULL; times are monotonic seconds. */
void core_block(audio_core *c, const int16_t *in, int in_channels, int16_t *out, int out_channels,
                uint32_t frames, double adc_s, double dac_s, double now_s, uint32_t status)
{
    uint64_t w = PEEK(c->stored), b = PEEK(c->blocks_stored), at = PEEK(c->consumed);
    uint64_t fill = w - LOAD(c->taken);
    int keep = frames <= c->capacity - fill && b - LOAD(c->blocks_taken) <= c->block_mask;
    count_lost(c, adc_s, frames, status);
    take_orders(c, at);
    uint64_t end = LOAD(c->written); /* after take_orders, so that it covers what is flushed */
    if (end > at && end - at < PEEK(c->low_water))
        NOTE(c->low_water, end - at);

    core_block_record record = {.play_start = at, .frames = frames, .status = status,
                                .adc_s = adc_s, .dac_s = dac_s, .now_s = now_s};
    uint64_t span[4] = {c->heard_end, c->heard_end, 0, 0}, silent = 0;
    int part = 0; /* 0 before, 2 behind a flush that ends in this block */
    for (uint32_t i = 0; i <= frames; i++) {
        if (c->fading && c->fade_at == c->fade_frames) {
            uint64_t to = finish_flush(c, at);
            record.dropped += to - at;
            at = to;
            part = 2;
            span[2] = span[3] = span[1];
        }
        if (i == frames)
            break;
        float level = next_level(c);
        int16_t y = 0;
        if (at < end) {
            int16_t x = c->play[at & c->mask];
            if (c->fading)
                level *= (float)(c->fade_frames - c->fade_at++) / (float)(c->fade_frames + 1);
            y = level == 1.0f ? x : (int16_t)lrintf((float)x * level);
            if (span[part] == span[part + 1])
                span[part] = at;
            c->heard_end = span[part + 1] = ++at;
            if (c->dry) {
                if (c->dry <= (uint64_t)(PAUSE_S * c->rate))
                    ADD(c->starved, c->dry);
                c->dry = 0;
            }
        } else {
            silent++;
        }
        for (int k = 0; out && k < out_channels; k++)
            out[(uint64_t)i * (uint64_t)out_channels + (uint64_t)k] = y;
        if (keep) {
            int32_t x = !in ? 0 : in_channels == 2 ? (in[2 * i] + in[2 * i + 1]) / 2 : in[i];
            c->mic[(w + i) & c->mask] = (int16_t)x;
            c->far[(w + i) & c->mask] = y;
        }
    }
    if (!part)
        span[2] = span[3] = span[1];
    if (c->dry < UINT64_MAX / 2)
        c->dry += silent;
    STORE(c->consumed, at);
    publish_heard(c, dac_s, span);

    record.play_end = at;
    record.capture_frame = PEEK(c->captured);
    ADD(c->captured, frames);
    ADD(c->n_blocks, 1);
    if (!keep) {
        c->pending_ring += frames;
        ADD(c->ring_lost, frames);
        return;
    }
    record.lost_ring = c->pending_ring;
    record.lost_device = c->pending_device;
    record.device_reason = c->pending_reason;
    c->pending_ring = c->pending_device = 0;
    c->blocks[b & c->block_mask] = record;
    if (fill + frames > PEEK(c->high_water))
        NOTE(c->high_water, fill + frames);
    STORE(c->stored, w + frames);
    STORE(c->blocks_stored, b + 1);
}

/* The thread that calls back comes before others where the system lets it; each new one once. */
static void hurry(void)
{
    struct sched_param first = {.sched_priority = 5}; /* what sound servers take */
    (void)pthread_setschedparam(pthread_self(), SCHED_RR, &first);
}

typedef struct {
    double adc, current, dac;
} pa_times;

static int sane(double offset_s)
{
    return offset_s > LEAST_OFFSET_S && offset_s < MOST_OFFSET_S; /* false for NaN too */
}

int core_callback(const void *in, void *out, unsigned long frames, const void *times,
                  unsigned long status, void *core)
{
    audio_core *c = core;
    const pa_times *t = times;
    struct timespec ts;
    if (c->fresh)
        hurry();
    c->fresh = 0;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    double now_s = (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
    double since_s = c->in_latency_s + (double)frames / c->rate, until_s = NAN;
    if (t && t->current > 0 && t->adc > 0 && sane(t->current - t->adc))
        since_s = t->current - t->adc;
    if (t && t->current > 0 && t->dac > 0 && sane(t->dac - t->current))
        until_s = t->dac - t->current;
    double dac_s = play_clock_block(&c->clock, (uint32_t)frames, now_s, until_s,
                                    (status & (INPUT_OVERFLOW | OUTPUT_UNDERFLOW)) != 0);
    double adc_s = now_s - since_s;
    if (c->started && adc_s < c->next_adc_s - JITTER_S)
        adc_s = c->next_adc_s - BACK_S;
    core_block(c, in, c->in_channels, out, c->out_channels, (uint32_t)frames, adc_s, dac_s, now_s,
               (uint32_t)status);
    return 0; /* paContinue */
}

/* What core_callback() asks for each block, for tests: see play_clock_block(). */
double core_play_clock(audio_core *c, uint32_t frames, double now_s, double until_s, int broken)
{
    return play_clock_block(&c->clock, frames, now_s, until_s, broken);
}

void core_finished_callback(void *core)
{
    STORE(((audio_core *)core)->finished, 1);
}

int core_finished(audio_core *c)
{
    return (int)LOAD(c->finished);
}

/* Take up to `room` frames, lost ones as zeros; return how many. At most `most` records, and
 * twice as many gaps, are listed; `n_records` and `n_gaps` say how many were. */
uint64_t core_read(audio_core *c, int16_t *mic, int16_t *far, uint64_t room,
                   core_block_record *records, core_gap *gaps, uint32_t most, uint64_t *at_frame,
                   uint32_t *n_records, uint32_t *n_gaps)
{
    uint64_t got = 0, r = PEEK(c->taken);
    core_block_record *now = &c->now;
    *n_records = *n_gaps = 0;
    *at_frame = now->capture_frame - now->lost_ring - now->lost_device;
    while (got < room) {
        if (!c->holding) {
            uint64_t b = PEEK(c->blocks_taken);
            if (b == LOAD(c->blocks_stored) || *n_records == most)
                break;
            *now = c->blocks[b & c->block_mask];
            records[(*n_records)++] = *now;
            STORE(c->blocks_taken, b + 1);
            c->holding = 1;
        }
        uint64_t *lost = now->lost_device ? &now->lost_device : &now->lost_ring;
        uint64_t left = *lost ? *lost : now->frames, n = left < room - got ? left : room - got;
        if (*lost) {
            gaps[*n_gaps].at_frame = *at_frame + got;
            gaps[*n_gaps].frames = n;
            gaps[(*n_gaps)++].reason =
                lost == &now->lost_device ? now->device_reason : (uint32_t)GAP_RING_FULL;
            memset(mic + got, 0, n * sizeof *mic);
            memset(far + got, 0, n * sizeof *far);
            *lost -= n;
        } else {
            for (uint64_t i = 0; i < n; i++) {
                mic[got + i] = c->mic[(r + i) & c->mask];
                far[got + i] = c->far[(r + i) & c->mask];
            }
            r += n;
            now->capture_frame += n;
            now->frames -= (uint32_t)n;
            c->holding = now->frames > 0;
        }
        got += n;
    }
    STORE(c->taken, r);
    return got;
}

uint64_t core_write(audio_core *c, const int16_t *pcm, uint64_t frames)
{
    uint64_t w = PEEK(c->written), room = c->capacity - (w - LOAD(c->consumed));
    if (frames > room)
        frames = room;
    for (uint64_t i = 0; i < frames; i++)
        c->play[(w + i) & c->mask] = pcm[i];
    STORE(c->written, w + frames);
    return frames;
}

uint64_t core_written(audio_core *c)
{
    return LOAD(c->written);
}

uint64_t core_consumed(audio_core *c)
{
    return LOAD(c->consumed);
}

void core_set_gain(audio_core *c, float target, uint32_t ramp_frames)
{
    STORE(c->gain_order, pack_gain(target, ramp_frames));
}

static void raise_to(_Atomic uint64_t *mark, uint64_t value)
{
    uint64_t seen = atomic_load(mark);
    while (seen < value && !atomic_compare_exchange_weak(mark, &seen, value))
        ;
}

void core_flush(audio_core *c, uint32_t fade_frames)
{
    NOTE(c->flush_fade, fade_frames);
    raise_to(&c->flush_to, LOAD(c->written));
    atomic_fetch_add(&c->flush_asked, 1);
}

/* The content index at which the last flush cut, or -1 while it is pending or there was none. */
int64_t core_cut_at(audio_core *c)
{
    uint64_t done = LOAD(c->flush_done);
    int64_t cut = (int64_t)PEEK(c->cut);
    return done && done == LOAD(c->flush_asked) ? cut : -1;
}

/* The content index leaving the loudspeaker at now_s; never goes back. */
uint64_t core_audible(audio_core *c, double now_s)
{
    uint64_t head = LOAD(c->heard_head);
    for (uint64_t i = head; i > 0 && head - i < HEARD_SLOTS - 1; i--) {
        heard_slot *slot = &c->heard[(i - 1) % HEARD_SLOTS];
        double frames = (now_s - PEEK(slot->dac_s)) * c->rate;
        uint64_t a0 = PEEK(slot->a0), a1 = PEEK(slot->a1), b0 = PEEK(slot->b0), b1 = PEEK(slot->b1);
        atomic_thread_fence(memory_order_acquire);
        if (PEEK(c->heard_head) - (i - 1) >= HEARD_SLOTS)
            break; /* lapped while looking: what was returned before still stands */
        if (frames < 0)
            continue;
        uint64_t done = frames < 1e15 ? (uint64_t)frames : UINT64_MAX / 2, first = a1 - a0;
        uint64_t at = done < first ? a0 + done : a1;
        if (done >= first && b1 > b0)
            at = done - first < b1 - b0 ? b0 + (done - first) : b1;
        raise_to(&c->audible, at);
        break;
    }
    return LOAD(c->audible);
}

void core_reset_marks(audio_core *c)
{
    atomic_fetch_add(&c->marks_asked, 1);
}

void core_get_counts(audio_core *c, core_counts *n)
{
    n->blocks = PEEK(c->n_blocks);
    n->captured = PEEK(c->captured);
    n->ring_lost = PEEK(c->ring_lost);
    n->device_lost = PEEK(c->device_lost);
    n->starved = PEEK(c->starved);
    n->overflows = PEEK(c->overflows);
    n->underflows = PEEK(c->underflows);
    n->high_water = PEEK(c->high_water);
    n->low_water = PEEK(c->low_water);
    n->flushes = PEEK(c->flush_done);
}
