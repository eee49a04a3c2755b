"""A board with a button, lights and outputs on a serial line: its protocol, its link, its firmware.

`PROTOCOL.md` is the specification. Nothing here knows the voice appliance; `link.Link` is what a
program uses, `simulator` is a board without hardware, `mcu/` is the firmware.
"""
