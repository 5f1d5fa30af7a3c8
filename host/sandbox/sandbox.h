/* A local Telegram: a Bot API server on 127.0.0.1 for any bot, with a control API and a chat page for the person's side.
 * The face of this floor. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct clock;
struct error;
struct http_answer;
struct http_part;
struct loop;
struct sandbox;
struct sandbox_call;

struct sandbox_options {
  unsigned port;         /* 0: any free one */
  bool has_no_port;      /* only this process reaches it, by the functions below */
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

/* ---- from within the process, without a socket ---- */

struct sandbox_request { /* all of it kept until done or cancelled */
  const char *token;
  const char *method; /* "sendMessage" */
  const char *body;   /* a JSON object; NULL: none */
  size_t size;
  const struct http_part *parts; /* multipart instead of body */
  size_t part_count;
  const char *path;      /* instead of a method: fetch this file_path of getFile */
  unsigned timeout_ms;   /* by the sandbox's clock; 0: none */
  size_t answer_ceiling; /* 0: none */
};
typedef void (*sandbox_done)(const struct http_answer *answer, void *data);

/* A call of a bot. done comes once, from the loop, with what http_start() would have told of the same call over HTTP. Given:
 * owned by the sandbox until then; it must have ended or been cancelled before sandbox_close(). NULL: ERROR_MISUSE,
 * ERROR_MEMORY. */
struct sandbox_call *sandbox_start(struct sandbox *sandbox, const struct sandbox_request *request, sandbox_done done,
                                   void *data, struct error *error);
void sandbox_call_cancel(struct sandbox_call *call); /* no callback after this; what was done stays done */

struct sandbox_question {       /* borrowed */
  const char *method, *path;    /* of the control API: "POST", "messages" */
  const char *json;             /* its input, an object; NULL: none */
  const struct http_part *file; /* that comes with the message; NULL: none */
};

/* Does what a request of the control API does; never waits. Adds the answer's body, and for GET files the bytes. False:
 * ERROR_INPUT. */
bool sandbox_control(struct sandbox *sandbox, const struct sandbox_question *question, struct buffer *answer,
                     struct error *error);
