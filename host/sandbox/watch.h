/* Questions of the person's side that may wait for their answer: what a chat shows, what a bot answered to a query. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct server_request;
struct site;

struct question {
  int64_t chat_id; /* of messages; 0: about a query */
  int64_t query_id;
  int after;        /* messages above this id ... */
  bool has_version; /* ... or changes above this version, deletions included */
  uint64_t after_version;
};

/* Replies at once where there is something to tell, else after `wait_s` at the latest. The chat or the query exists. */
void watch_ask(struct site *site, struct server_request *request, const struct question *question, int64_t wait_s);
void watch_write(struct site *site, const struct question *question,
                 struct buffer *json); /* the same, for one who can't wait */
void watch_wake(struct site *site);    /* answers those for whom there is news */
void watch_close(struct site *site);   /* forgets all; their requests end with the server */
