#include "sandbox/model/bot.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/settings.h"

#define TOKEN_SECRET_MIN 24
#define BOTS_MAX 100 /* each has a queue of its own */

bool bot_is_token(const char *token) {
  size_t digits = strspn(token, "0123456789");
  if (digits == 0 || digits > 16 || token[0] == '0' || token[digits] != ':' || strlen(token) > BOT_TOKEN_MAX) return false;
  static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t secret = strspn(token + digits + 1, base64url);
  return secret >= TOKEN_SECRET_MIN && !token[digits + 1 + secret];
}

struct bot *bot_use(struct model *model, const char *token) {
  struct bot *bot;
  HASH_FIND_STR(model->bots, token, bot);
  if (bot || !bot_is_token(token) || HASH_COUNT(model->bots) >= BOTS_MAX) return bot;
  bot = memory_new(sizeof *bot);
  bot->token = memory_copy_text(token);
  bot->person = person_add_bot(model, strtoll(token, NULL, 10));
  bot->queue = model->unclaimed ? model->unclaimed : queue_new();
  model->unclaimed = NULL;
  bot->settings = settings_new();
  bot->next_message_id = 1;
  bot->opened_at = model_now(model);
  HASH_ADD_KEYPTR(hh, model->bots, bot->token, strlen(bot->token), bot);
  return bot;
}

struct bot *bot_find(const struct model *model, int64_t id) {
  struct bot *bot = model->bots;
  while (bot && bot->person->id != id) bot = bot->hh.next;
  return bot;
}

void bot_queue_update(struct model *model, struct bot *bot, const char *type, const char *json, size_t size,
                      int64_t expires_at) {
  struct queue *queue = bot ? bot->queue : model->unclaimed;
  struct buffer member;
  if (!queue) return;
  buffer_init(&member, JSON_WRITE_CEILING);
  json_write_text(&member, "\"");
  json_write_text(&member, type);
  json_write_text(&member, "\":");
  (void)buffer_add(&member, json, size, NULL);
  queue_add(queue, type, member.data, member.size, expires_at);
  buffer_release(&member);
  model_touch(model);
}

void bot_send_update(struct model *model, const char *type, const char *json, size_t size, int64_t expires_at) {
  if (model->unclaimed) bot_queue_update(model, NULL, type, json, size, expires_at);
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) bot_queue_update(model, bot, type, json, size, expires_at);
}

void bot_send_json(struct model *model, const char *type, const struct json_t *json) {
  char *text = json_write_dump(json);
  if (text) bot_send_update(model, type, text, strlen(text), model_now(model) + QUEUE_LIFE);
  free(text);
}

unsigned bot_pending_updates(const struct model *model) {
  int64_t now = model_now(model);
  unsigned pending = model->unclaimed ? queue_pending(model->unclaimed, now) : 0;
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) pending += queue_pending(bot->queue, now);
  return pending;
}

static void drop_money(struct bot *bot) {
  json_decref(bot->transactions);
  json_decref(bot->invoices);
  bot->transactions = bot->invoices = NULL;
  bot->stars = 0;
}

void bot_reset_all(struct model *model) {
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    queue_clear(bot->queue);
    drop_money(bot);
    bot->next_message_id = 1;
    bot->logged_out_until = 0;
    webhook_set(&bot->webhook, NULL, NULL, NULL, 0);
    settings_free(bot->settings);
    bot->settings = settings_new();
  }
  if (model->unclaimed) queue_clear(model->unclaimed);
}

static void free_bot(struct bot *bot) {
  drop_money(bot);
  webhook_set(&bot->webhook, NULL, NULL, NULL, 0);
  queue_free(bot->queue);
  settings_free(bot->settings);
  free(bot->token);
  free(bot);
}

void bot_drop_all(struct model *model) {
  struct bot *bot, *next;
  HASH_ITER(hh, model->bots, bot, next) {
    HASH_DEL(model->bots, bot);
    free_bot(bot);
  }
}
