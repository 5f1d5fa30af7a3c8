/* A local Telegram: a Bot API server on 127.0.0.1 for any bot, with a control API and a chat page for the person's side
 * (DESIGN.md section 10). The face of this floor. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct error;
struct loop;
struct sandbox;

struct sandbox_options {
  unsigned port;         /* 0: any free one */
  const char *data_path; /* the state is kept in this file, and files beside it; NULL: in memory only. Kept */
  bool has_limits;       /* enforce Telegram's rate limits */
  unsigned requests;     /* so many calls are kept for GET /sandbox/requests; 0: none, which is faster */
  int64_t delay_ms;      /* every call but getUpdates takes so long before it has an effect */
};

/* loop and clock are kept. Given: sandbox_close(). NULL: ERROR_SYSTEM (the port), ERROR_INPUT (the data file). */
struct sandbox *sandbox_open(struct loop *loop, struct clock *clock, const struct sandbox_options *options,
                             struct error *error);

/* Saves, where there is a data file, and lets go of everything; memory goes when the loop has turned. False: saving failed, and
 * the old file is as it was. NULL does no harm. */
bool sandbox_close(struct sandbox *sandbox, struct error *error);
unsigned sandbox_port(const struct sandbox *sandbox);
