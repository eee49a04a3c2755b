/* When a block leaves the loudspeaker: the host's reports, without their wanderings. Part of core.c.
 *
 * In an unbroken stream block follows block, so the time of each is a line over the frames handed
 * over; only its offset is to be found. What an ALSA device reports is exact. PulseAudio's plugin
 * extrapolates from seconds-old measurements: right as a rule, but in the first ten seconds of a
 * stream it was seen to wander by 19 ms at up to 5 ms a second, and to snap back every 1.5 s.
 * So a report is believed when it stood still for a second. Before the first that did, the line
 * runs at the stream's own latency behind the earliest callbacks: a callback comes when a period
 * of the buffer is free, never sooner, and what is left then is that latency. Behind an underflow
 * the reports are right at once, while the callbacks' phase says nothing any more.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PART_REPORTS = 64, PARTS = 8 };

/* Reports are taken together over this long: a median of 12 at blocks of 10 ms. */
#define PART_S 0.125
/* Parts within this, over PARTS of them, stand still: crystals drift 0.2 ms in that time. */
#define STEADY_S 0.5e-3
/* The line is off, not the reports, when two parts agree within AGREE_S and lie beyond SLIP_S:
 * an underflow that nobody flagged moves it by whole blocks. */
#define AGREE_S 1e-3
#define SLIP_S 5e-3
/* Reports that never stand still are believed from here on: half as much again as was seen. */
#define WILD_S 30e-3
/* Faster than any crystal: how the earliest callback is forgotten. */
#define EARLIEST_DRIFT 300e-6

enum play_trust { BY_LATENCY, BY_REPORTS, STEADY };

typedef struct {
    double rate, latency_s;
    uint64_t frames;                 /* handed over so far */
    double line_s, earliest_s;       /* both are times less the sound handed over by then */
    double reports[PART_REPORTS];    /* of this part, sorted */
    double parts[PARTS];             /* medians, oldest first */
    double part_s;                   /* how long this part is already */
    uint32_t n_reports, n_parts;
    enum play_trust trust;
} play_clock;

static void play_clock_start(play_clock *k, double rate, double latency_s)
{
    memset(k, 0, sizeof *k);
    k->rate = rate;
    k->latency_s = latency_s;
    k->earliest_s = INFINITY;
    k->trust = BY_LATENCY;
}

static void note_report(play_clock *k, double report_s)
{
    uint32_t i = k->n_reports;
    if (i == PART_REPORTS)
        return; /* blocks under 2 ms: the first of them tell enough */
    for (; i > 0 && k->reports[i - 1] > report_s; i--)
        k->reports[i] = k->reports[i - 1];
    k->reports[i] = report_s;
    k->n_reports++;
}

static void close_part(play_clock *k)
{
    double newest = k->reports[k->n_reports / 2], low = newest, high = newest, sum = newest;
    if (k->n_parts == PARTS)
        memmove(k->parts, k->parts + 1, (PARTS - 1) * sizeof *k->parts);
    else
        k->n_parts++;
    k->parts[k->n_parts - 1] = newest;
    for (uint32_t i = 0; i + 1 < k->n_parts; i++) {
        low = fmin(low, k->parts[i]);
        high = fmax(high, k->parts[i]);
        sum += k->parts[i];
    }
    double before = k->n_parts > 1 ? k->parts[k->n_parts - 2] : INFINITY;
    int whole = k->n_parts == PARTS;
    if (whole && high - low <= STEADY_S) {
        k->line_s = sum / PARTS;
        k->trust = STEADY;
    } else if (k->trust == BY_REPORTS) {
        k->line_s = newest;
    } else if (k->trust == STEADY && fabs(newest - before) <= AGREE_S
               && fabs(newest - k->line_s) > SLIP_S && fabs(before - k->line_s) > SLIP_S) {
        k->line_s = newest;
    } else if (whole && (low > k->line_s + WILD_S || high < k->line_s - WILD_S)) {
        k->trust = BY_REPORTS;
        k->line_s = newest;
    }
    k->n_reports = 0;
    k->part_s = 0;
}

/* Return when the first of `frames` leaves the loudspeaker. `until_s` is the host's report of how
 * long that takes from `now_s` on, or NaN; `broken` says that the device ran dry or over. */
static double play_clock_block(play_clock *k, uint32_t frames, double now_s, double until_s,
                               int broken)
{
    double handed_s = (double)k->frames / k->rate, block_s = frames / k->rate;
    double early_s = now_s - handed_s;
    if (broken) {
        k->n_parts = k->n_reports = 0;
        k->part_s = 0;
        k->earliest_s = INFINITY;
        k->trust = BY_REPORTS;
    }
    k->frames += frames;
    k->earliest_s = fmin(early_s, k->earliest_s + EARLIEST_DRIFT * block_s);
    if (isnan(until_s) || k->trust == BY_LATENCY)
        k->line_s = k->earliest_s + k->latency_s;
    if (!isnan(until_s)) {
        note_report(k, early_s + until_s);
        k->part_s += block_s;
        if (k->trust == BY_REPORTS && k->n_parts == 0)
            k->line_s = k->reports[k->n_reports / 2];
        if (k->part_s >= PART_S)
            close_part(k);
    }
    return fmax(handed_s + k->line_s, now_s); /* what is handed over now was not heard before */
}
