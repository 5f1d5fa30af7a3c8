/* How many connections a process may have open at once. Any thread. Internal to the floor. */
#pragma once

/* The wanted number, or as many as the limits of the process allow, since over them everybody's connections would fail, the
 * poll's too. The log tells of fewer. */
unsigned connection_limit(unsigned wanted);
