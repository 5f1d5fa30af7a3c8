/* Queries that a bot answers by their id: a pressed button, an inline query, a payment, ...; until answered or too old. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct model;

enum query_kind { QUERY_BUTTON, QUERY_INLINE, QUERY_SHIPPING, QUERY_CHECKOUT, QUERY_WEB_APP };

struct query {
  int64_t id, asked_at; /* seconds since 1970 */
  enum query_kind kind;
  bool is_answered;
  int64_t asked_id; /* the only bot that may answer; 0: any */
  int64_t bot_id;   /* who has answered; 0: nobody yet */
  char *text;       /* of an inline query what is asked; of others what their own room keeps: JSON, or "" */
  char *offset;     /* of an inline query; NULL with others, whose from_id is 0 */
  int64_t from_id;  /* who asks */
  char *answer;     /* a JSON object, for the person who asked; NULL: not answered */
  UT_hash_handle hh;
};

/* Adds one that is asked now; the oldest is forgotten when there are too many. text is borrowed, and so is what is returned. */
struct query *query_add(struct model *model, enum query_kind kind, const char *text);
struct query *query_find(const struct model *model, int64_t id); /* borrowed; NULL: there is none */
void query_drop_all(struct model *model);
