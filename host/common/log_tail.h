/* The last lines of the log, for whoever asks the running program for them. One in the process, because there is one log. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct loop;

/* From now on the last lines are kept. Once, before there is a second thread. */
void log_tail_start(void);

/* Keeps a line of another program, too, with the newline that ends it. Any thread. */
void log_tail_add(const char *line, size_t size);

/* Adds the lines from *at on to `lines`, and moves *at behind them. *at counts the bytes that were written since the start;
 * where they are not kept any more, it begins with the oldest line that is. False: as buffer_add(). */
bool log_tail_read(uint64_t *at, struct buffer *lines, struct error *error);

/* Calls written(data) from the loop when lines have come since the last call. One listener at a time. False: ERROR_SYSTEM. */
bool log_tail_follow(struct loop *loop, void (*written)(void *data), void *data, struct error *error);
void log_tail_unfollow(void); /* does no harm without a listener */
