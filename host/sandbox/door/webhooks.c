/* Sends updates to webhooks, in order within a chat. A delivery is one update on its way: sent, or waiting to be sent again.
 * The update stays in the bot's queue until it is taken, so a webhook that changes loses nothing: the deliveries to the old
 * one are broken off, and begin anew. */
#include "sandbox/door/webhooks.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/body.h"
#include "net/http.h"
#include "sandbox/door/bot_call.h"
#include "sandbox/door/door.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/webhook.h"

#define CONNECTIONS 100
#define TIMEOUT_MS 60000
#define WAIT_MIN_S 2
#define WAIT_MAX_S 60
#define GONE_S (23 * 3600) /* after so long of "410 Gone", the webhook is taken off */
#define LOOK_AHEAD 1000    /* updates, of which none that can go is seen behind */

struct webhooks {
  struct door *door;
  struct loop *loop;
  struct http *http; /* NULL: nothing was sent yet */
  struct delivery *deliveries;
};

struct delivery {
  struct webhooks *webhooks;
  struct bot *bot;
  unsigned generation; /* of the bot's webhook */
  int64_t update_id;
  uint64_t lane; /* deliveries of one bot in the same lane wait for each other */
  char *body, *secret_header;
  const char *headers[2];
  struct http_transfer *call; /* NULL: it waits for the timer */
  struct clock_timer timer;
  unsigned failures;
  struct delivery *prev, *next;
};

/* ---- the life of a delivery, in order ---- */
static void send_now(void *delivery);
static void on_answered(const struct http_answer *answer, void *delivery);
static void wait_after(struct delivery *delivery, const struct http_answer *answer);
static void drop(struct delivery *delivery);

struct webhooks *webhooks_new(struct door *door, struct loop *loop) {
  struct webhooks *webhooks = memory_new(sizeof *webhooks);
  webhooks->door = door;
  webhooks->loop = loop;
  return webhooks;
}

void webhooks_free(struct webhooks *webhooks) {
  if (!webhooks) return;
  while (webhooks->deliveries) drop(webhooks->deliveries);
  http_close(webhooks->http);
  free(webhooks);
}

/* ---- which can go ---- */

static long long id_in(const json_t *json, const char *name) {
  return json_integer_value(json_object_get(json_object_get(json, name), "id"));
}

/* Which updates wait for each other: those of a chat, of a person, of a poll. */
static void write_key(const char *json, char key[48]) {
  static const struct {
    const char *type, *by;
    char sort;
  } sorts[] = {{"inline_query", "from", 'i'},          {"chosen_inline_result", "from", 'h'}, {"callback_query", "from", 'b'},
               {"shipping_query", "from", 'p'},        {"pre_checkout_query", "from", 'p'},   {"my_chat_member", "chat", 'm'},
               {"chat_member", "from", 'j'},           {"chat_join_request", "from", 'j'},    {"message_reaction", "chat", 'r'},
               {"message_reaction_count", "chat", 'n'}};
  size_t size = strlen(json) + 3;
  char *text = memory_new(size);
  (void)snprintf(text, size, "{%s}", json);
  json_t *root = json_loads(text, 0, NULL);
  const char *type = root ? json_object_iter_key(json_object_iter(root)) : "";
  const json_t *update = json_object_get(root, type);
  const char *poll = json_string_value(json_object_get(update, strcmp(type, "poll") == 0 ? "id" : "poll_id"));
  (void)snprintf(key, 48, "c%lld", id_in(update, "chat"));
  if (poll) (void)snprintf(key, 48, "v%s", poll);
  for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
    if (strcmp(type, sorts[i].type) == 0) (void)snprintf(key, 48, "%c%lld", sorts[i].sort, id_in(update, sorts[i].by));
  }
  json_decref(root);
  free(text);
}

/* Found once for each update, because one that waits is looked at again whenever another is taken. */
static uint64_t lane_of(const struct queue_update *update) {
  char key[48];
  if (*update->lane) return *update->lane;
  write_key(update->json, key);
  uint64_t lane = 14695981039346656037u; /* FNV-1a; two keys alike would only make one update wait */
  for (const char *at = key; *at; at++) lane = (lane ^ (unsigned char)*at) * 1099511628211u;
  return *update->lane = lane ? lane : 1;
}

static bool is_held(const struct webhooks *webhooks, const struct bot *bot, uint64_t lane) {
  for (const struct delivery *delivery = webhooks->deliveries; delivery; delivery = delivery->next) {
    if (delivery->lane == lane && delivery->bot == bot) return true;
  }
  return false;
}

static void start(struct webhooks *webhooks, struct bot *bot, const struct queue_update *update) {
  struct delivery *delivery = memory_new(sizeof *delivery);
  struct buffer text;
  *delivery = (struct delivery){.webhooks = webhooks,
                                .bot = bot,
                                .generation = bot->webhook.generation,
                                .update_id = update->id,
                                .lane = lane_of(update)};
  buffer_init(&text, JSON_WRITE_CEILING);
  (void)buffer_format(&text, NULL, "{\"update_id\":%lld,\n%s}", (long long)update->id, update->json);
  delivery->body = buffer_take(&text, NULL);
  if (bot->webhook.secret) {
    (void)buffer_format(&text, NULL, "X-Telegram-Bot-Api-Secret-Token: %s", bot->webhook.secret);
    delivery->headers[0] = delivery->secret_header = buffer_take(&text, NULL);
  }
  DL_APPEND(webhooks->deliveries, delivery);
  send_now(delivery);
}

static void wake_bot(struct webhooks *webhooks, struct bot *bot) {
  int64_t now = model_now(webhooks->door->model), from = 0;
  struct queue_update update;
  int count = 0;
  for (const struct delivery *delivery = webhooks->deliveries; delivery; delivery = delivery->next)
    count += delivery->bot == bot;
  for (unsigned looked = 0; looked < LOOK_AHEAD && count < bot->webhook.max_connections; looked++) {
    if (!queue_next(bot->queue, from, now, &update)) return;
    from = update.id + 1;
    if (is_held(webhooks, bot, lane_of(&update))) continue;
    start(webhooks, bot, &update);
    count++;
  }
}

void webhooks_wake(struct webhooks *webhooks) {
  struct delivery *delivery, *next;
  DL_FOREACH_SAFE(webhooks->deliveries, delivery, next) {
    if (delivery->generation != delivery->bot->webhook.generation) drop(delivery);
  }
  for (struct bot *bot = webhooks->door->model->bots; bot; bot = bot->hh.next) {
    if (bot->webhook.url) wake_bot(webhooks, bot);
  }
}

/* ---- sending ---- */

/* False: the update has expired, or the bot has dropped it or wants it elsewhere. */
static bool is_wanted(const struct delivery *delivery) {
  int64_t now = model_now(delivery->webhooks->door->model);
  struct queue_update next;
  if (delivery->generation != delivery->bot->webhook.generation) return false;
  return queue_next(delivery->bot->queue, delivery->update_id, now, &next) && next.id == delivery->update_id;
}

static void send_now(void *data) {
  struct delivery *delivery = data;
  struct webhooks *webhooks = delivery->webhooks;
  struct error error = {0};
  if (!is_wanted(delivery)) {
    drop(delivery);
    return;
  }
  struct http_request request = {.url = delivery->bot->webhook.url,
                                 .label = "webhook",
                                 .content_type = "application/json",
                                 .body = delivery->body,
                                 .body_size = strlen(delivery->body),
                                 .headers = delivery->headers,
                                 .timeout_ms = TIMEOUT_MS};
  bool is_local = webhook_is_local(request.url);
  if (!is_local) error_set(&error, ERROR_NETWORK, "the sandbox calls webhooks on this machine only");
  if (is_local && !webhooks->http) webhooks->http = http_open(webhooks->loop, CONNECTIONS, &error);
  if (is_local && webhooks->http) delivery->call = http_start(webhooks->http, &request, on_answered, delivery, &error);
  if (delivery->call) return;
  struct http_answer failed = {.error = error, .body = "", .content_type = ""};
  wait_after(delivery, &failed);
}

/* ---- the answer ---- */

static void on_reply_ended(struct bot_call *bot_call, void *data) {
  (void)bot_call;
  (void)data; /* nobody is told how a method in a webhook's answer went */
}

static bool may_be_called(const char *method) {
  return strncasecmp(method, "get", 3) != 0 && strcasecmp(method, "setWebhook") != 0 &&
         strcasecmp(method, "deleteWebhook") != 0 && strcasecmp(method, "close") != 0 && strcasecmp(method, "logOut") != 0;
}

/* False: it is no form that can be read. */
static bool read_form(struct bot_call *bot_call, const struct http_answer *answer) {
  const struct body_options options = {.type = answer->content_type, .ceiling = answer->size};
  struct body body;
  body_init(&body, &options, &bot_call->own);
  body_feed(&body, answer->body, answer->size);
  bool ok = body_end(&body) == 0 && body.kind != BODY_RAW;
  body_release(&body);
  bot_call->call.parameters = bot_call->own.items;
  bot_call->call.count = bot_call->own.count;
  return ok;
}

static bool read_answer(struct bot_call *bot_call, const struct http_answer *answer) {
  if (!strstr(answer->content_type, "application/json")) return read_form(bot_call, answer);
  bot_call_read_json(bot_call, answer->body, answer->size);
  return true;
}

/* A webhook may call one method by its answer: in JSON or as a form, as any call. */
static void call_method(const struct delivery *delivery, const struct http_answer *answer) {
  struct bot_call *bot_call =
      answer->size ? bot_call_new(delivery->webhooks->door, delivery->bot->token, on_reply_ended, NULL) : NULL;
  if (!bot_call) return;
  const char *method = read_answer(bot_call, answer) ? call_text(&bot_call->call, "method") : NULL;
  bot_call->call.method = method;
  if (method && may_be_called(method))
    bot_call_start(bot_call);
  else
    bot_call_free(bot_call);
}

static void on_answered(const struct http_answer *answer, void *data) {
  struct delivery *delivery = data;
  struct webhooks *webhooks = delivery->webhooks;
  delivery->call = NULL;
  if (answer->error.kind || answer->status < 200 || answer->status > 299) {
    wait_after(delivery, answer);
    return;
  }
  delivery->bot->webhook.gone_since = 0;
  queue_remove(delivery->bot->queue, delivery->update_id);
  call_method(delivery, answer);
  drop(delivery);
  model_touch(webhooks->door->model); /* the next of the chat may go */
}

/* In the words of getWebhookInfo. */
static void describe_failure(const struct http_answer *answer, char *to, size_t size) {
  static const struct {
    int status;
    const char *reason;
  } reasons[] = {{301, "Moved Permanently"},
                 {302, "Found"},
                 {400, "Bad Request"},
                 {401, "Unauthorized"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {410, "Gone"},
                 {429, "Too Many Requests"},
                 {500, "Internal Server Error"},
                 {502, "Bad Gateway"},
                 {503, "Service Unavailable"}};
  const char *reason = "";
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    if (reasons[i].status == answer->status) reason = reasons[i].reason;
  }
  if (!answer->error.kind)
    (void)snprintf(to, size, "Wrong response from the webhook: %d %s", answer->status, reason);
  else if (strstr(answer->error.text, "Timeout"))
    (void)snprintf(to, size, "Read timeout expired");
  else if (strstr(answer->error.text, "this machine"))
    (void)snprintf(to, size, "%.*s", (int)size - 1, answer->error.text);
  else
    (void)snprintf(to, size, "Can't connect to the webhook");
}

static bool is_gone_for_good(struct webhook *webhook, const struct http_answer *answer, int64_t now) {
  bool is_gone = !answer->error.kind && answer->status == 410;
  if (!is_gone || !webhook->gone_since) webhook->gone_since = is_gone ? now : 0;
  return is_gone && now > webhook->gone_since + GONE_S;
}

/* The first time it is tried again at once, then after 2, 4, 8, ... seconds, or when the webhook has asked for it. */
static void wait_after(struct delivery *delivery, const struct http_answer *answer) {
  struct webhook *webhook = &delivery->bot->webhook;
  struct model *model = delivery->webhooks->door->model;
  int64_t wait_s = delivery->failures ? (int64_t)WAIT_MIN_S << (delivery->failures < 10 ? delivery->failures - 1 : 9) : 0;
  if (wait_s > WAIT_MAX_S) wait_s = WAIT_MAX_S;
  if (answer->retry_after) wait_s = answer->retry_after;
  delivery->failures++;
  webhook->failed_at = model_now(model);
  if (is_gone_for_good(webhook, answer, webhook->failed_at)) {
    log_warn("a webhook has answered 410 for 23 hours and is taken off, as Telegram does");
    webhook_set(webhook, NULL, NULL, NULL, 0);
    drop(delivery);
    model_touch(model);
    return;
  }
  describe_failure(answer, webhook->failure, sizeof webhook->failure);
  log_debug("a webhook has not taken an update; reason=%s", webhook->failure);
  clock_start(model->clock, &delivery->timer, wait_s * 1000, send_now, delivery);
}

static void drop(struct delivery *delivery) {
  clock_stop(delivery->webhooks->door->clock, &delivery->timer);
  if (delivery->call) http_cancel(delivery->call);
  DL_DELETE(delivery->webhooks->deliveries, delivery);
  free(delivery->body);
  free(delivery->secret_header);
  free(delivery);
}
