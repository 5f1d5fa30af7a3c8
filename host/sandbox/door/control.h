/* The control API: requests by which people, and tests in their place, use the sandbox. One table of entries serves those that
 * come over HTTP and those from within the process. Most entries are actions of person/. */
#pragma once
#include <stdbool.h>

#include "sandbox/person/action.h"

struct buffer;
struct door;
struct error;
struct sandbox_question;
struct server_request;

struct control { /* one request */
  struct action action;
  struct door *door;
  struct server_request *request; /* whoever replies to it sets it to NULL. NULL: it comes from within the process */
};

/* Replies to the request, now or later. path is what follows "/sandbox/". */
void control_handle(struct door *door, struct server_request *request, const char *path);

/* Does the same for a request from within the process, at once. Adds to the answer. False: ERROR_INPUT. */
bool control_run(struct door *door, const struct sandbox_question *question, struct buffer *answer, struct error *error);
