/* The log: one line per event on stderr, `level=info msg="..." key=value`, or the same as a JSON object.
 * An event is one printf format, `message; key=%s other=%d`: up to the semicolon the message (no conversions), then the fields,
 * one conversion each (%s %d %u %zu %lld %llu %.1f and the PRI macros of 64-bit integers). NULL for %s leaves the field out.
 * In JSON the field module tells which part of the program has logged. What is not UTF-8 is replaced. Of the fields traceback
 * and error a text log shows the stack on lines of its own, indented, behind the event. Any thread; a line is written in one
 * piece. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* file: tells the module, see common/log_levels.h. */
void log_write(enum log_level level, const char *file, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define log_debug(...) log_write(LOG_DEBUG, __FILE__, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __FILE__, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __FILE__, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __FILE__, __VA_ARGS__)

/* Because of what this thread does now: its lines have the fields update and run, so that all lines of one handler can be
 * found. What a handler begins and what ends later keeps the cause that there was. */
struct log_cause {
  int64_t update; /* Telegram's number; 0: none */
  uint64_t run;   /* a number that no other run of a handler has in this process; 0: none */
};
struct log_cause log_because(struct log_cause cause); /* from now on. Returns the cause before */
struct log_cause log_current_cause(void);

/* The message of a script, any bytes: never read as a format. `source` is the script's file and line, or NULL. */
void log_script(enum log_level level, const char *message, size_t size, const char *source);

void log_set_level(enum log_level least); /* of all modules, at any time */

/* Set once, at start, before there is a second thread. */
void log_set_json(bool json);
void log_set_priorities(bool has); /* each line for stderr begins with its level, as the journal reads it: "<3>" */

/* Lines go to `taken` (borrowed; a newline ends each; a stack comes with its event) instead of stderr; possibly from a worker.
 * NULL: to stderr again. */
void log_divert(void (*taken)(const char *line, size_t size, void *data), void *data);

/* Lines for stderr are given to `queue` first, from any thread; where it returns false they are written directly. For
 * common/log_writer.c. Set once, before there is a second thread. */
void log_queue(bool (*queue)(const char *line, size_t size));

/* Each line that is written is shown to `shown` first, from whichever thread logs. For common/log_tail.c. Set once, before
 * there is a second thread. */
void log_show(void (*shown)(const char *line, size_t size));

/* From now on no line shows `secret` (kept: it outlives the logging); "<token>" stands in its place. NULL takes it back. */
void log_hide(const char *secret);
