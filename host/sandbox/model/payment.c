#include "sandbox/model/payment.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }
static int64_t number_of(const json_t *json, const char *name) { return json_integer_value(json_object_get(json, name)); }

static bool is_in_stars(const json_t *invoice) {
  const char *currency = text_of(invoice, "currency");
  return currency && strcmp(currency, "XTR") == 0;
}

int64_t payment_total(const struct json_t *invoice) {
  int64_t total = 0;
  size_t i;
  json_t *price;
  json_array_foreach(json_object_get(invoice, "prices"), i, price) total += number_of(price, "amount");
  return total;
}

/* ---- links ---- */

struct json_t *payment_find_link(const struct model *model, const char *link) {
  for (const struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    json_t *invoice = json_object_get(bot->invoices, link);
    if (invoice) return invoice;
  }
  return NULL;
}

const char *payment_add_link(struct model *model, struct bot *bot, struct json_t *invoice) {
  char link[64];
  (void)snprintf(link, sizeof link, "https://t.me/$%016llxInvoice",
                 (unsigned long long)model->next_query_id++ * 0x9E3779B97F4A7C15u);
  if (!bot->invoices) bot->invoices = json_object();
  json_object_set_new(invoice, "link", json_string(link));
  json_object_set_new(bot->invoices, link, invoice);
  return text_of(invoice, "link");
}

/* ---- before ---- */

const struct query *payment_ask(struct model *model, struct person *payer, struct chat *chat, const struct json_t *invoice,
                                const struct json_t *more) {
  struct bot *bot = bot_find(model, number_of(invoice, "bot"));
  json_t *kept = json_pack("{s:O,s:I,s:I}", "invoice", invoice, "payer", (json_int_t)payer->id, "chat", (json_int_t)chat->id);
  if (more) json_object_set(kept, "more", (json_t *)more);
  char *text = json_write_dump(kept);
  struct query *query = query_add(model, QUERY_CHECKOUT, text);
  query->asked_id = bot ? bot->person->id : 0;
  free(text);
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)query->id);
  json_t *update = json_pack("{s:s,s:o,s:s,s:I,s:s}", "id", id, "from", json_loads(payer->json, 0, NULL), "currency",
                             text_of(invoice, "currency"), "total_amount", (json_int_t)payment_total(invoice),
                             "invoice_payload", text_of(invoice, "payload"));
  if (more) json_object_update_missing(update, (json_t *)more);
  text = json_write_dump(update);
  if (bot) bot_queue_update(model, bot, "pre_checkout_query", text, strlen(text), query->asked_at + QUEUE_LIFE_CALLBACK);
  free(text);
  json_decref(kept);
  json_decref(update);
  return query;
}

/* ---- after ---- */

/* Other bots in the chat do not hear of it. */
static void tell_bot(struct model *model, const struct bot *bot, struct chat *chat, struct person *payer, char *content) {
  struct message *message = message_add(model, chat, payer);
  message->kind = MESSAGE_SERVICE;
  message->content = content;
  message->bot_id = bot->person->id;
  message_changed(model, message);
  message_update_send(model, message);
}

static json_t *describe_user(const struct person *person, const json_t *partner) {
  json_t *user = json_pack("{s:s,s:o}", "type", "user", "user", json_loads(person->json, 0, NULL));
  if (partner) json_object_update_missing(user, (json_t *)partner);
  return user;
}

static void add_transaction(struct model *model, struct bot *bot, const char *id, int64_t stars, const char *side,
                            json_t *user) {
  if (!bot->transactions) bot->transactions = json_array();
  json_array_append_new(bot->transactions, json_pack("{s:s,s:I,s:I,s:o}", "id", id, "amount", (json_int_t)stars, "date",
                                                     (json_int_t)model_now(model), side, user));
}

void payment_earn(struct model *model, struct bot *bot, const char *id, const struct person *payer, int64_t stars,
                  const struct json_t *partner) {
  bot->stars += stars;
  add_transaction(model, bot, id, stars, "source", describe_user(payer, partner));
}

/* Of a subscription, a payment holds for its period. */
static json_t *describe_payment(const struct model *model, const json_t *invoice, const json_t *more, const char *charge_id) {
  json_t *payment = json_pack("{s:s,s:I,s:s}", "currency", text_of(invoice, "currency"), "total_amount",
                              (json_int_t)payment_total(invoice), "invoice_payload", text_of(invoice, "payload"));
  int64_t period = number_of(invoice, "subscription_period");
  if (period) {
    json_object_set_new(payment, "subscription_expiration_date", json_integer(model_now(model) + period));
    json_object_set_new(payment, "is_recurring", json_true());
    json_object_set_new(payment, "is_first_recurring", json_true());
  }
  if (more) json_object_update_missing(payment, (json_t *)more);
  json_object_set_new(payment, "telegram_payment_charge_id", json_string(charge_id));
  json_object_set_new(payment, "provider_payment_charge_id", json_string(is_in_stars(invoice) ? "" : charge_id));
  return payment;
}

void payment_complete(struct model *model, const struct query *query) {
  json_t *kept = json_loads(query->text, 0, NULL);
  const json_t *invoice = json_object_get(kept, "invoice");
  struct bot *bot = bot_find(model, number_of(invoice, "bot"));
  struct person *payer = person_find(model, number_of(kept, "payer"));
  struct chat *chat = chat_find(model, number_of(kept, "chat"));
  char id[40];
  (void)snprintf(id, sizeof id, "stx%lld", (long long)query->id);
  if (bot && payer && chat) {
    json_t *payment = describe_payment(model, invoice, json_object_get(kept, "more"), id);
    tell_bot(model, bot, chat, payer, json_write_content("successful_payment", payment));
    json_t *partner =
        json_pack("{s:s,s:s}", "transaction_type", "invoice_payment", "invoice_payload", text_of(invoice, "payload"));
    if (is_in_stars(invoice)) payment_earn(model, bot, id, payer, payment_total(invoice), partner);
    json_decref(partner);
  }
  json_decref(kept);
}

/* ---- back ---- */

/* The payment of that id, and whether it was given back. */
static json_t *find_payment(const struct bot *bot, const char *id, bool *is_refunded) {
  json_t *found = NULL, *transaction;
  size_t i;
  *is_refunded = false;
  json_array_foreach(bot->transactions, i, transaction) {
    if (strcmp(text_of(transaction, "id"), id) != 0) continue;
    if (json_object_get(transaction, "source")) found = transaction;
    *is_refunded = *is_refunded || json_object_get(transaction, "receiver");
  }
  return found;
}

static void tell_refund(struct model *model, struct bot *bot, struct person *payer, const json_t *payment, const char *id) {
  struct chat *chat = chat_find_for(model, bot, payer->id);
  const char *payload = text_of(json_object_get(payment, "source"), "invoice_payload");
  json_t *refund = json_pack("{s:s,s:I,s:s,s:s}", "currency", "XTR", "total_amount", (json_int_t)number_of(payment, "amount"),
                             "invoice_payload", payload ? payload : "", "telegram_payment_charge_id", id);
  if (chat) tell_bot(model, bot, chat, payer, json_write_content("refunded_payment", json_incref(refund)));
  json_decref(refund);
}

const char *payment_refund(struct model *model, struct bot *bot, struct person *payer, const char *charge_id) {
  bool is_refunded;
  const json_t *payment = find_payment(bot, charge_id, &is_refunded), *source = json_object_get(payment, "source");
  if (!payment || number_of(json_object_get(source, "user"), "id") != payer->id)
    return "CHARGE_ID_EMPTY"; /* so Telegram calls an id that it does not know */
  if (is_refunded) return "CHARGE_ALREADY_REFUNDED";
  int64_t stars = number_of(payment, "amount");
  if (stars > bot->stars) return "BALANCE_TOO_LOW";
  bot->stars -= stars;
  json_t *receiver = json_copy((json_t *)source);
  tell_refund(model, bot, payer, payment, charge_id);
  add_transaction(model, bot, charge_id, stars, "receiver", receiver);
  return NULL;
}
