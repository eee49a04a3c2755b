/* Part of core.c: what Python's threads call: reading, writing, orders, positions, counts. */

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

/* While held and at gain 0, content waits in the ring; nothing of it is lost. */
void core_hold(audio_core *c, int held)
{
    STORE(c->hold, (uint32_t)held);
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

/* How old the first frame of the last block was when it came. */
double core_capture_lag(audio_core *c)
{
    return PEEK(c->capture_lag_s);
}
