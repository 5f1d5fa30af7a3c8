/* The bots that call, one per token, each with its queue of updates and its settings. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "sandbox/model/webhook.h"

struct json_t;
struct model;
struct person;
struct queue;
struct settings;

struct bot {
  struct person *person;
  char *token;
  struct queue *queue;
  struct webhook webhook;
  int64_t polled_offset, polled_at; /* the last getUpdates: its offset, and when (ms); polled_at 0: there was none */
  struct settings *settings;        /* what the bot says of itself: menus, names, rights, ... */
  int next_message_id;              /* of its private chats, if it is not the first bot */
  int64_t opened_at;                /* when it called first */
  int64_t logged_out_until;         /* 0: it was never logged out */
  int64_t send_at;                  /* rate_limit.c: when its next message may go (ms), by the limit on all chats */
  int64_t set_webhook_at;           /* when it set a webhook last (ms) */
  int64_t stars;                    /* its balance */
  struct json_t *transactions;      /* of Stars, oldest first: an array of StarTransaction. NULL: none, as in the next */
  struct json_t *invoices;          /* those that have a link: an object, link -> invoice */
  bool has_privacy;                 /* in groups, it hears only what is meant for it */
  UT_hash_handle hh;
};

enum { BOT_TOKEN_MAX = 80 }; /* characters */

bool bot_is_token(const char *token);

/* The bot of a token, made at its first call. Borrowed. NULL: the token does not have the form of one
 * (bot_is_token()), or there are too many bots. */
struct bot *bot_use(struct model *model, const char *token);

/* Queues the update `"type":json` for one bot; for NULL, for the first bot that will call. json is borrowed; expires_at in
 * seconds since 1970. */
void bot_queue_update(struct model *model, struct bot *bot, const char *type, const char *json, size_t size,
                      int64_t expires_at);

/* Queues the update `"type":json` for every bot. json is borrowed; expires_at in seconds since 1970. */
void bot_send_update(struct model *model, const char *type, const char *json, size_t size, int64_t expires_at);

/* The same for a value, which is borrowed; the update lives as long as Telegram keeps most. */
void bot_send_json(struct model *model, const char *type, const struct json_t *json);

/* The bot of that user. Borrowed; NULL: it has not called yet, or the user is no bot. */
struct bot *bot_find(const struct model *model, int64_t id);

/* The updates that wait for any bot. */
unsigned bot_pending_updates(const struct model *model);

void bot_reset_all(struct model *model); /* without updates and settings */
void bot_drop_all(struct model *model);
