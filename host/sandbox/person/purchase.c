/* What people pay for: invoices of messages or of links, and paid media. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/payment.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"
#include "sandbox/person/action.h"

struct purchase {
  struct person *payer;
  struct chat *chat;
  const struct message *message; /* NULL: by a link */
  json_t *invoice;               /* ours */
};

static struct bot *find_bot(const struct model *model, const json_t *invoice) {
  return bot_find(model, json_integer_value(json_object_get(invoice, "bot")));
}

static bool begin(struct action *action, struct purchase *purchase, struct error *error) {
  const char *link = action_text(action, "invoice_link");
  purchase->payer = person_find(action->model, action_number(action, "from_id", action_number(action, "chat_id", 0)));
  if (!purchase->payer) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who pays");
  if (link) {
    purchase->invoice = json_incref(payment_find_link(action->model, link));
    purchase->chat = chat_find_for(action->model, find_bot(action->model, purchase->invoice), purchase->payer->id);
  } else {
    purchase->message = action_message(action, error);
    if (!purchase->message) return false;
    purchase->chat = purchase->message->chat;
    purchase->invoice = purchase->message->hidden ? json_loads(purchase->message->hidden, 0, NULL) : NULL;
  }
  return json_object_get(purchase->invoice, "payload") ||
         error_set(error, ERROR_INPUT, "there is nothing to pay for: name an invoice's message or its \"invoice_link\"");
}

static bool is_paid_media(const struct purchase *purchase) {
  return purchase->message && strncmp(purchase->message->content, "\"paid_media\"", 12) == 0;
}

static void answer_query(struct action *action, const struct query *query) {
  (void)buffer_format(action->answer, NULL, "{\"id\":\"%lld\"}", (long long)query->id);
}

/* ---- paid media: the bot is not asked ---- */

static void buy_media(struct action *action, const struct purchase *purchase) {
  struct bot *bot = find_bot(action->model, purchase->invoice);
  const json_t *payload = json_object_get(purchase->invoice, "payload");
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  (void)buffer_format(&content, NULL, "{%s}", purchase->message->content);
  json_t *media = json_loadb(content.data, content.size, 0, NULL);
  const json_t *paid = json_object_get(media, "paid_media");
  json_t *partner = json_pack("{s:s,s:O,s:O}", "transaction_type", "paid_media_payment", "paid_media",
                              json_object_get(paid, "paid_media"), "paid_media_payload", payload);
  json_t *update = json_pack("{s:o,s:O}", "from", json_loads(purchase->payer->json, 0, NULL), "paid_media_payload", payload);
  char id[40], *text = json_write_dump(update);
  (void)snprintf(id, sizeof id, "stx%lld", (long long)action->model->next_query_id++);
  if (bot) {
    payment_earn(action->model, bot, id, purchase->payer, json_integer_value(json_object_get(paid, "star_count")), partner);
    bot_queue_update(action->model, bot, "purchased_paid_media", text, strlen(text), model_now(action->model) + QUEUE_LIFE);
  }
  free(text);
  json_decref(update);
  json_decref(partner);
  json_decref(media);
  buffer_release(&content);
}

/* ---- invoices ---- */

bool purchase_pay(struct action *action, struct error *error) {
  static const char *const members[] = {"shipping_option_id", "order_info"};
  struct purchase purchase = {0};
  bool ok = begin(action, &purchase, error);
  json_t *more = json_object();
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    json_object_set(more, members[i], json_object_get(action->input, members[i]));
  }
  if (ok && is_paid_media(&purchase))
    buy_media(action, &purchase);
  else if (ok)
    answer_query(action, payment_ask(action->model, purchase.payer, purchase.chat, purchase.invoice, more));
  json_decref(more);
  json_decref(purchase.invoice);
  return ok;
}

bool purchase_ship(struct action *action, struct error *error) {
  struct purchase purchase = {0};
  const json_t *address = json_object_get(action->input, "shipping_address");
  bool ok = begin(action, &purchase, error);
  if (ok && !json_is_object(address)) ok = error_set(error, ERROR_INPUT, "\"shipping_address\" must be an object");
  struct bot *bot = ok ? find_bot(action->model, purchase.invoice) : NULL;
  if (bot) {
    struct query *query = query_add(action->model, QUERY_SHIPPING, "");
    query->asked_id = bot->person->id;
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)query->id);
    json_t *update = json_pack("{s:s,s:o,s:O,s:O}", "id", id, "from", json_loads(purchase.payer->json, 0, NULL),
                               "invoice_payload", json_object_get(purchase.invoice, "payload"), "shipping_address", address);
    char *text = json_write_dump(update);
    bot_queue_update(action->model, bot, "shipping_query", text, strlen(text), query->asked_at + QUEUE_LIFE_CALLBACK);
    answer_query(action, query);
    free(text);
    json_decref(update);
  }
  json_decref(purchase.invoice);
  return ok;
}
