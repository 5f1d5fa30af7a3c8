/* A local Telegram for tests and for trying things out: a Bot API server on 127.0.0.1 for any bot, with a control API and a
 * chat page by which people use it. Both also work from within the process, without a socket. The only face of this floor. For
 * the loop's thread only. */
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

/* Whoever keeps a host running on this sandbox. By it the chat page shows the host and steers it. All of it is kept. */
struct sandbox_keeper {
  const char *control_path;                          /* of the host's control socket */
  void (*describe)(struct buffer *json, void *data); /* adds a JSON object, for GET host */
  void (*write_log)(uint64_t after, struct buffer *json,
                    void *data); /* the same, for GET host/log: what is behind byte `after` */
  bool (*act)(const char *action, struct error *error, void *data); /* "kill" or "start". False: it can't now */
  void (*turned)(int64_t ahead_s, void *data); /* the sandbox's clock is so far ahead: hosts that start from now on are, too */
  void *data;
};

struct sandbox_options {
  unsigned port;                           /* 0: any free one */
  bool has_no_port;                        /* it listens nowhere, and is reached only by the functions below */
  const char *certificate_file, *key_file; /* as of struct server_options: HTTPS; kept. NULL: plain HTTP */
  const char *data_path; /* kept: the file of the state, with the files sent beside it. NULL: in memory only */
  bool has_limits;       /* enforce Telegram's rate limits */
  unsigned requests;     /* the newest so many calls are logged for GET /sandbox/requests; 0: none, which is faster */
  int64_t delay_ms;      /* so long passes before a call has its effect; not for getUpdates */
  const struct sandbox_keeper *keeper; /* NULL: the page knows nothing of a host */
};

/* loop and clock are kept. Given: sandbox_close(). NULL: ERROR_SYSTEM (the port can't be had), ERROR_INPUT (the data file,
 * the certificate or its key can't be read). */
struct sandbox *sandbox_open(struct loop *loop, struct clock *clock, const struct sandbox_options *options,
                             struct error *error);

/* Saves the state, if there is a data file, and ends everything; memory is freed when the loop has turned. False: ERROR_SYSTEM,
 * saving failed and the old file is as it was. NULL does no harm. */
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

/* Starts a call of a bot. done comes once, from the loop, with the answer that http_start() would give for the same call over
 * HTTP. The call is borrowed, and freed after done; it must have ended or been cancelled before sandbox_close(). NULL:
 * ERROR_MISUSE (a file can't be read), ERROR_MEMORY. */
struct sandbox_call *sandbox_start(struct sandbox *sandbox, const struct sandbox_request *request, sandbox_done done,
                                   void *data, struct error *error);
void sandbox_call_cancel(struct sandbox_call *call); /* no callback after this; its effect stays, or is yet to come */

struct sandbox_question {       /* a request of the control API; all of it borrowed */
  const char *method, *path;    /* "POST", "messages" */
  const char *json;             /* its input, an object; NULL: empty */
  const struct http_part *file; /* sent with the message; NULL: none */
};

/* Serves the request at once; it never waits. Adds the body of the answer, which is a file's bytes for GET files. False:
 * ERROR_INPUT. */
bool sandbox_control(struct sandbox *sandbox, const struct sandbox_question *question, struct buffer *answer,
                     struct error *error);
