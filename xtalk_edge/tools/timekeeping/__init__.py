"""Timers and alarms: what is said, what is kept, what rings."""
