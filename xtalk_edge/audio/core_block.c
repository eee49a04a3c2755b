/* Part of core.c: what the sound card's own thread does, block by block. */

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

/* Whether content waits instead of being played unheard: there is no output, or it was ordered, and
   has faded out. */
static int stands_still(audio_core *c, const int16_t *out)
{
    return !out || (PEEK(c->hold) && !c->ramp_left && c->gain == 0.0f);
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
    NOTE(c->capture_lag_s, now_s - adc_s);
    take_orders(c, at);
    uint64_t end = LOAD(c->written); /* after take_orders, so that it covers what is flushed */
    if (end > at && end - at < PEEK(c->low_water))
        NOTE(c->low_water, end - at);

    core_block_record record = {.play_start = at, .frames = frames, .status = status,
                                .adc_s = adc_s, .dac_s = dac_s, .now_s = now_s};
    uint64_t span[4] = {c->heard_end, c->heard_end, 0, 0}, silent = 0;
    int part = 0; /* 0 before, 2 behind a flush that ends in this block */
    int still = stands_still(c, out);
    for (uint32_t i = 0; i <= frames; i++) {
        if (c->fading && (still || c->fade_at == c->fade_frames)) {
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
        if (still) {
            c->dry = UINT64_MAX / 2; /* silence that was ordered */
        } else if (at < end) {
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
        still = stands_still(c, out);
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
