/* The control API: the person's side, and what a test arranges. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct error;
struct http_part;
struct json_t;
struct server_request;
struct site;

/* Answers the request, now or later. path is what follows "/sandbox/". */
void control_handle(struct site *site, struct server_request *request, const char *path);

/* The same for one that has come without HTTP: answered in control->answer, at once. json: the input, or NULL. False:
 * ERROR_INPUT. */
struct control;
bool control_run(struct control *control, const char *method, const char *path, const char *json, struct error *error);

/* ---- between control.c and deed.c ---- */

struct control { /* one request */
  struct site *site;
  struct server_request *request; /* NULL: it comes from within the process, and does not wait */
  const struct http_part *file;   /* that came with it, where it has no request; NULL: none */
  struct json_t *input;           /* the query's parameters, then the body's; an object */
  struct buffer *answer;          /* a JSON object; left empty: {"ok":true} */
};

int64_t control_number(const struct control *control, const char *name, int64_t absent); /* a number, or a text of one */
const char *control_text(const struct control *control, const char *name);               /* NULL: absent; borrowed */
bool control_flag(const struct control *control, const char *name, bool absent);

/* What people do. False: ERROR_INPUT says what is wrong with the request, nothing has happened. */
bool deed_write(struct control *control, struct error *error);  /* POST messages */
bool deed_press(struct control *control, struct error *error);  /* POST callbacks */
bool deed_ask(struct control *control, struct error *error);    /* POST inline */
bool deed_pin(struct control *control, struct error *error);    /* POST pins */
bool deed_forget(struct control *control, struct error *error); /* POST forget */
bool deed_flood(struct control *control, struct error *error);  /* POST flood */
