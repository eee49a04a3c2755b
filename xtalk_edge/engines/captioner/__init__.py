"""Engines that say what is heard around the device."""
