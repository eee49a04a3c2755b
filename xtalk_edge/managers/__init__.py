"""Managers: one capability each, thin shells between the bus and what does the work.

One turn passes through them in this order: capture, wake, vad, turn, asr, agent, tts, playback,
latency.
"""
