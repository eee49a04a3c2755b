"""Builds the audio core: `setup.py` at install, `python -m xtalk_edge.audio.core_build` in place.

The callback and its data are plain C, so nothing needs executable memory at run time.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent

DECLARATIONS = """
typedef struct audio_core audio_core;
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
audio_core *core_new(double rate, uint64_t capacity, uint64_t block_capacity);
void core_free(audio_core *c);
void core_set_stream(audio_core *c, int in_channels, int out_channels, double in_s, double out_s);
void core_block(audio_core *c, const int16_t *in, int in_channels, int16_t *out, int out_channels,
                uint32_t frames, double adc_s, double dac_s, double now_s, uint32_t status);
int core_callback(const void *in, void *out, unsigned long frames, const void *times,
                  unsigned long status, void *core);
double core_play_clock(audio_core *c, uint32_t frames, double now_s, double until_s, int broken);
void core_finished_callback(void *core);
int core_finished(audio_core *c);
uint64_t core_read(audio_core *c, int16_t *mic, int16_t *far, uint64_t room,
                   core_block_record *records, core_gap *gaps, uint32_t most, uint64_t *at_frame,
                   uint32_t *n_records, uint32_t *n_gaps);
uint64_t core_write(audio_core *c, const int16_t *pcm, uint64_t frames);
uint64_t core_written(audio_core *c);
uint64_t core_consumed(audio_core *c);
void core_set_gain(audio_core *c, float target, uint32_t ramp_frames);
void core_hold(audio_core *c, int held);
void core_flush(audio_core *c, uint32_t fade_frames);
int64_t core_cut_at(audio_core *c);
uint64_t core_audible(audio_core *c, double now_s);
void core_reset_marks(audio_core *c);
double core_capture_lag(audio_core *c);
void core_get_counts(audio_core *c, core_counts *n);
void hush_alsa(const char *file, int line, const char *function, int error, const char *format,
               ...);
void hush_portaudio(void);
const char *hush_kept(void);
void hush_forget(void);
"""

builder = FFI()
builder.cdef(DECLARATIONS)
builder.set_source(
    "xtalk_edge.audio._core",
    '#include "core.c"\n#include "hush.c"',
    include_dirs=[str(HERE)],
    depends=[str(path) for path in sorted(HERE.glob("*.c"))],
    libraries=["m"],
    extra_compile_args=["-O2"],
)


def build(folder: Path = HERE) -> Path:
    """Compile into `folder`, leaving nothing there but the library; return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(builder.compile(tmpdir=scratch))
        for older in folder.glob("_core.*.so"):  # under any tag: one would hide the other
            older.unlink()
        target = folder / built.name
        shutil.copyfile(built, target)
    return target


if __name__ == "__main__":
    build()
