/* Queries that a bot answers by their id: a pressed button or an inline query, until it is answered or too old. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct model;

struct query {
  int64_t id, asked_at; /* seconds since 1970 */
  bool is_inline, is_answered;
  char *text;   /* of an inline query; "" for a button */
  char *answer; /* a JSON object, for the person who asked; NULL: not answered */
  UT_hash_handle hh;
};

/* Adds one that is asked now; the oldest is forgotten when there are too many. text is borrowed, and so is what is returned. */
struct query *query_add(struct model *model, bool is_inline, const char *text);
struct query *query_find(const struct model *model, int64_t id); /* borrowed; NULL: there is none */
void query_drop_all(struct model *model);
