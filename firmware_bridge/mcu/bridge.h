/* The firmware: call `bridge_setup` once and `bridge_step` for ever. */
#ifndef BRIDGE_H
#define BRIDGE_H

void bridge_setup(void);

/* Does a little of everything, never waits, and feeds the watchdog. */
void bridge_step(void);

#endif
