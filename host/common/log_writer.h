/* Writes the log's lines from a thread of its own, so that a standard error that nobody reads (a full pipe, a stopped terminal)
 * never stops the program. What finds no room is dropped and counted, and the log tells the count as soon as there is room
 * again. Any thread, except where one is named. For whoever starts and ends the program. */
#pragma once

/* From now on the lines of the log are queued. Without a thread (the system refuses one) lines are written directly, as before.
 * The main thread only. */
void log_writer_start(void);

/* Waits at most timeout_ms for what is queued to be written. After that lines are written directly again; but where it took too
 * long, they are dropped, since a write could block for ever; a later call waits again. The main thread only; does no harm
 * where there is no writer. */
void log_writer_finish(unsigned timeout_ms);
