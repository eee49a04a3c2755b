"""Dates, times and places as people say them."""
