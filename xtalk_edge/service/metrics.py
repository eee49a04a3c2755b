"""What is counted of a device, by name; `xtalk_edge_` goes before each of them (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from xtalk_edge.service.counts import Family

FAMILIES: Mapping[str, Family] = {
    "info": Family("gauge", "Version of the program; always 1.", ("version",)),
    "turns_total": Family("counter", "Turns, by what came of hearing them.", ("result",)),
    "answers_total": Family("counter", "Turns whose answer could be heard."),
    "answers_ahead_total": Family("counter", "Answers begun before the turn was over."),
    "answers_cut_total": Family("counter", "Replies that were cut off, by what did it.", ("by",)),
    "wake_words_total": Family(
        "counter", "Wake phrases heard, by whether this device answered.", ("kind",)
    ),
    "errors_total": Family("counter", "Failures that were contained.", ("component",)),
    "stage_seconds": Family("histogram", "Where the time of turns went.", ("stage",)),
    "recent_stage_seconds": Family(
        "gauge", "The same, of the last turns alone.", ("stage", "quantile")
    ),
    "echo_removed_db": Family("gauge", "How much quieter the device's own voice is made (ERLE)."),
    "echo_delay_seconds": Family("gauge", "From the sound card and back through the room."),
    "loop_lag_seconds": Family("histogram", "Delays of the event loop of more than 0.05 s."),
    "audio_gaps_total": Family("counter", "Stretches of sound that were lost.", ("reason",)),
    "audio_lost_seconds_total": Family("counter", "Sound that was lost."),
    "audio_xruns_total": Family("counter", "Overflows and underflows of the card.", ("direction",)),
    "audio_starved_seconds_total": Family("counter", "Silence within what was played."),
    "card_losses_total": Family("counter", "How often a sound device went away."),
    "microphone_muted": Family("gauge", "Whether nothing is heard."),
    "uplink_able": Family("gauge", "Whether the server can do it now.", ("ability",)),
    "uplink_sides_total": Family(
        "counter", "Who answered or spoke, and why.", ("ability", "side", "why")
    ),
    "egress_bytes_total": Family("counter", "What left the device.", ("kind",)),
    "governor_eased": Family("gauge", "Whether the device does with less of it.", ("rung",)),
    "governor_steps_total": Family(
        "counter", "How often it gave something up, or took it back.", ("rung", "direction")
    ),
    "healthy": Family("gauge", "Whether what the device lives by goes on.", ("check",)),
    "health_losses_total": Family("counter", "How often it did not.", ("check",)),
    "recovery_steps_total": Family("counter", "What the device did about it.", ("step",)),
    "temperature_celsius": Family("gauge", "Of the processor."),
    "throttled": Family("gauge", "Whether the processor has slowed itself down."),
    "memory_free_bytes": Family("gauge", "What could be had without swapping."),
    "memory_stalled_ratio": Family("gauge", "Of the last minute, spent waiting for memory."),
}
