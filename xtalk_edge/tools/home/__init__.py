"""Devices that are switched on and off."""
