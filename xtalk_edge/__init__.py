"""A voice appliance that works with the network cable out."""

__version__ = "0.1.0"
