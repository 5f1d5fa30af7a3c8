/* Everything that the local Telegram knows: people, bots, chats, messages, files, open queries. One Telegram for every bot that
 * calls. Bots share the people and the groups; each has its own private chats and its own queue of updates. What people do
 * before the first bot's first call is kept for that bot. Each kind of thing has its own room in this folder. For the loop's
 * thread only. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"

struct bot;
struct chat;
struct file;
struct json_t;
struct person;
struct poll_closing;
struct query;
struct queue;

struct model {
  struct clock *clock;         /* kept */
  int64_t advanced_s;          /* how far POST /sandbox/clock has put the time forward */
  void (*changed)(void *data); /* called after every change that a waiting request may be about; NULL: none waits */
  void *changed_data;
  struct person *people; /* bots too */
  struct bot *bots;
  struct chat *chats;
  struct chat *private_chats; /* of the same those with other bots than the first; see chat.h */
  struct file *files, *files_by_path;
  struct query *queries;
  struct json_t *sticker_sets;        /* by their names; see sticker_set.h. NULL: none */
  struct json_t *business;            /* connections by their ids; see business.h. NULL: none */
  struct poll_closing *poll_closings; /* of polls that close by themselves */
  struct queue *unclaimed;            /* updates from before the first bot; NULL once there is one */
  uint64_t version;                   /* counts the changes of messages */
  uint64_t next_file;
  int next_message_id; /* basic groups and the first bot's private chats share one counter; other bots have their own */
  int64_t next_query_id;
  size_t file_bytes; /* of all files together */
  unsigned message_count;
};

struct model *model_new(struct clock *clock);
void model_free(struct model *model);  /* NULL does no harm */
void model_reset(struct model *model); /* empties it; the bots stay, with empty queues */

/* Seconds since 1970. Inline, like the next one, so that the rooms below model.c can use them. */
static inline int64_t model_now(const struct model *model) { return clock_now(model->clock) / 1000 + model->advanced_s; }

/* Tells whoever waits for news that there is some. */
static inline void model_touch(struct model *model) {
  if (model->changed) model->changed(model->changed_data);
}
