/* What the rooms of this folder share: the model, what is under way for those who call, and what a test has arranged. Calls
 * come in at a port (http_requests.c) or from within the process (in_process.c); both ways are served by the same rooms:
 * bot_call.c for bots, control.c for people and tests. For the loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

struct bot_call;
struct control_poll;
struct error;
struct faults;
struct host_question;
struct loop;
struct method_answers;
struct model;
struct request_log;
struct sandbox;
struct sandbox_keeper;
struct sandbox_options;
struct server;
struct webhooks;

struct door {
  struct loop *loop;
  struct clock *clock;
  struct model *model;
  struct faults *faults;
  struct method_answers *method_answers;
  struct request_log *request_log;
  struct server *server;                /* NULL: no port */
  struct bot_call *bot_calls;           /* those without an answer yet */
  struct control_poll *control_polls;   /* the same of the control API */
  const struct sandbox_keeper *keeper;  /* NULL: there is none */
  struct host_question *host_questions; /* those without an answer yet */
  struct webhooks *webhooks;            /* deliveries to the bots that want to be called */
  struct clock_timer wake;  /* due once there is news, at the beginning of the next turn: all of it is told at once */
  int64_t delay_ms;         /* of every call but getUpdates */
  uint64_t calls, controls; /* so many calls of bots, and changes by the control API, so far */
  bool has_limits;
};

/* model is kept, and its `changed` is used. Given: door_close(). NULL: ERROR_SYSTEM, the port can't be had. */
struct door *door_open(struct loop *loop, struct clock *clock, struct model *model, const struct sandbox_options *options,
                       struct error *error);
void door_close(struct door *door); /* NULL does no harm */

struct door *sandbox_door(struct sandbox *sandbox); /* borrowed; in sandbox.c */
