/* Methods about payments: invoices, paid media, and the bot's Stars. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/formatted_text.h"
#include "sandbox/methods/media.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/payment.h"
#include "sandbox/model/person.h"

#define PAYLOAD_MAX 128             /* bytes */
#define SUBSCRIPTION_PERIOD 2592000 /* seconds; Telegram takes no other */
#define STARS_MAX 25000             /* of paid media */
#define PAID_MEDIA_MAX 10
#define TRANSACTIONS_MAX 100 /* of one call */

/* ---- invoices ---- */

static const char *why_not_price(const json_t *price) {
  if (!json_is_object(price)) return "expected an Object as labeled price";
  if (!json_is_string(json_object_get(price, "label"))) return "can't find field \"label\"";
  return json_is_integer(json_object_get(price, "amount")) ? NULL : "can't find field \"amount\"";
}

/* Stars are paid without a provider, and in one sum. */
static const char *why_not_invoice(const struct call *call, const json_t *invoice) {
  const char *currency = call_text(call, "currency"), *payload = call_text(call, "payload");
  const json_t *prices = json_object_get(invoice, "prices");
  bool is_in_stars = strcmp(currency, "XTR") == 0;
  size_t i;
  json_t *price;
  if (!json_is_array(prices)) return "expected an Array of labeled prices";
  json_array_foreach((json_t *)prices, i, price) {
    const char *why = why_not_price(price);
    if (why) return why;
  }
  if (strlen(payload) > PAYLOAD_MAX) return "INVOICE_PAYLOAD_INVALID";
  if (strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3) return "CURRENCY_INVALID";
  if (is_in_stars && json_array_size(prices) != 1) return "CURRENCY_TOTAL_AMOUNT_INVALID";
  if (payment_total(invoice) <= 0) return "CURRENCY_TOTAL_AMOUNT_INVALID";
  if (!is_in_stars && !call_text(call, "provider_token")) return "PAYMENT_PROVIDER_INVALID";
  int64_t period = call_integer(call, "subscription_period", 0);
  return period && (period != SUBSCRIPTION_PERIOD || !is_in_stars) ? "SUBSCRIPTION_PERIOD_INVALID" : NULL;
}

/* Given: json_decref(). NULL: the call is failed. */
static json_t *read_invoice(struct call *call) {
  static const char *const texts[] = {"title", "description", "payload", "currency", "start_parameter"};
  static const char *const flags[] = {"is_flexible", "need_shipping_address"};
  bool is_bad;
  json_t *invoice = json_pack("{s:I}", "bot", (json_int_t)call->bot->person->id);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    json_object_set_new(invoice, texts[i], json_string(call_text(call, texts[i]) ? call_text(call, texts[i]) : ""));
  }
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    json_object_set_new(invoice, flags[i], json_boolean(call_flag(call, flags[i])));
  }
  json_object_set_new(invoice, "prices", call_json(call, "prices", &is_bad));
  json_object_set_new(invoice, "subscription_period", json_integer(call_integer(call, "subscription_period", 0)));
  const char *why = why_not_invoice(call, invoice);
  if (!why) return invoice;
  json_decref(invoice);
  call_fail(call, 400, "Bad Request: %s", why);
  return NULL;
}

static char *describe_invoice(const json_t *invoice) {
  static const char *const shown[] = {"title", "description", "start_parameter", "currency"};
  json_t *json = json_object();
  for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) json_object_set(json, shown[i], json_object_get(invoice, shown[i]));
  json_object_set_new(json, "total_amount", json_integer(payment_total(invoice)));
  return json_write_content("invoice", json);
}

/* The first button of an invoice pays. A call without buttons gets that one. */
static bool check_markup(struct call *call, struct sending *sending, const json_t *invoice) {
  if (!sending->markup) {
    struct buffer markup;
    bool is_in_stars = strcmp(json_string_value(json_object_get(invoice, "currency")), "XTR") == 0;
    buffer_init(&markup, JSON_WRITE_CEILING);
    (void)buffer_format(&markup, NULL, "{\"inline_keyboard\":[[{\"text\":\"Pay %s%lld\",\"pay\":true}]]}",
                        is_in_stars ? "\\u2b50\\ufe0f" : "", (long long)payment_total(invoice));
    sending->markup = buffer_take(&markup, NULL);
    return true;
  }
  json_t *markup = json_loads(sending->markup, 0, NULL);
  const json_t *first = json_array_get(json_array_get(json_object_get(markup, "inline_keyboard"), 0), 0);
  bool is_pay = json_is_true(json_object_get(first, "pay"));
  json_decref(markup);
  return is_pay || call_fail(call, 400, "Bad Request: REPLY_MARKUP_BUY_EMPTY");
}

static bool send_invoice(struct call *call) {
  struct sending sending = {0};
  json_t *invoice = read_invoice(call);
  bool ok = invoice && sending_read(call, &sending) && check_markup(call, &sending, invoice);
  if (ok) {
    struct message *message = sending_add(call, &sending);
    message->kind = MESSAGE_FIXED;
    message->content = describe_invoice(invoice);
    message->hidden = json_write_dump(invoice);
    sending_finish(call, message);
  }
  sending_release(&sending);
  json_decref(invoice);
  return ok;
}

static bool create_invoice_link(struct call *call) {
  json_t *invoice = read_invoice(call);
  if (!invoice) return false;
  const char *link = payment_add_link(call->model, call->bot, invoice);
  json_write_string(&call->answer, link, strlen(link));
  return true;
}

/* ---- paid media ---- */

static bool read_paid(struct call *call, const json_t *json, struct media *media, size_t *count) {
  json_t *item;
  size_t i;
  if (!json_is_array(json)) return call_fail(call, 400, "Bad Request: expected an Array of InputPaidMedia");
  if (json_array_size(json) > PAID_MEDIA_MAX) return call_fail(call, 400, "Bad Request: too many paid media specified");
  json_array_foreach((json_t *)json, i, item) {
    *count = i + 1;
    if (!media_read_input(call, item, &media[i])) return false;
    if (media[i].kind == FILE_PHOTO || media[i].kind == FILE_VIDEO) continue;
    return call_fail(call, 400, "Bad Request: can't parse InputPaidMedia: type is unsupported");
  }
  return *count || call_fail(call, 400, "Bad Request: there are no paid media to send");
}

static char *describe_paid(struct call *call, const struct media *media, size_t count) {
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"paid_media\":{\"star_count\":%lld,\"paid_media\":[",
                      (long long)call_integer(call, "star_count", 0));
  for (size_t i = 0; i < count; i++) {
    char *file = media_take_content(call, &media[i]);
    (void)buffer_format(&content, NULL, "%s{\"type\":\"%s\",%s}", i ? "," : "", file_kind_member(media[i].kind), file);
    free(file);
  }
  json_write_text(&content, "]}");
  return buffer_take(&content, NULL);
}

static void fill_paid(struct call *call, struct message *message, const struct media *media, size_t count,
                      struct entity_text *caption) {
  const char *payload = call_text(call, "payload");
  json_t *hidden = json_pack("{s:I,s:s}", "bot", (json_int_t)call->bot->person->id, "payload", payload ? payload : "");
  message->kind = MESSAGE_MEDIA;
  message->content = describe_paid(call, media, count);
  message->hidden = json_write_dump(hidden);
  json_decref(hidden);
  if (!caption->size) return;
  message->text = caption->text;
  message->entities = caption->entities;
  *caption = (struct entity_text){0};
}

static bool send_paid_media(struct call *call) {
  struct sending sending = {0};
  struct media media[PAID_MEDIA_MAX] = {{0}};
  struct entity_text caption = {0};
  int64_t stars = call_integer(call, "star_count", 0);
  size_t count = 0;
  bool is_bad;
  json_t *json = call_json(call, "media", &is_bad);
  bool ok = stars > 0 && stars <= STARS_MAX;
  if (!ok) call_fail(call, 400, "Bad Request: STARS_AMOUNT_INVALID");
  ok = ok && read_paid(call, json, media, &count) && formatted_text_read(call, "caption", "caption_entities", &caption) &&
       sending_read(call, &sending);
  if (ok && caption.length > FORMATTED_TEXT_CAPTION_MAX) ok = call_fail(call, 400, "Bad Request: message caption is too long");
  if (ok) {
    struct message *message = sending_add(call, &sending);
    fill_paid(call, message, media, count, &caption);
    sending_finish(call, message);
  }
  for (size_t i = 0; i < count; i++) media_release(&media[i]);
  entity_release(&caption);
  sending_release(&sending);
  json_decref(json);
  return ok;
}

/* ---- Stars ---- */

static bool get_star_balance(struct call *call) {
  (void)buffer_format(&call->answer, NULL, "{\"amount\":%lld}", (long long)call->bot->stars);
  return true;
}

static bool get_star_transactions(struct call *call) {
  size_t offset = (size_t)call_range(call, "offset", 0, 0, INT32_MAX);
  size_t limit = (size_t)call_range(call, "limit", TRANSACTIONS_MAX, 1, TRANSACTIONS_MAX);
  json_write_text(&call->answer, "{\"transactions\":[");
  for (size_t i = offset; i < offset + limit && i < json_array_size(call->bot->transactions); i++) {
    char *text = json_write_dump(json_array_get(call->bot->transactions, i));
    if (i > offset) json_write_text(&call->answer, ",");
    json_write_text(&call->answer, text);
    free(text);
  }
  json_write_text(&call->answer, "]}");
  return true;
}

static bool refund_star_payment(struct call *call) {
  struct person *person = call_person(call);
  if (!person) return false;
  const char *why = payment_refund(call->model, call->bot, person, call_text(call, "telegram_payment_charge_id"));
  return why ? call_fail(call, 400, "Bad Request: %s", why) : call_true(call);
}

/* Nothing is charged anew in the sandbox, so a cancelled subscription just ends. */
static bool edit_star_subscription(struct call *call) {
  const char *id = call_text(call, "telegram_payment_charge_id");
  const json_t *transaction;
  size_t i;
  if (!call_person(call)) return false;
  json_array_foreach(call->bot->transactions, i, transaction) {
    if (strcmp(json_string_value(json_object_get(transaction, "id")), id) == 0) return call_true(call);
  }
  return call_fail(call, 400, "Bad Request: CHARGE_ID_INVALID");
}

const struct method method_payment[] = {{"sendinvoice", send_invoice},
                                        {"createinvoicelink", create_invoice_link},
                                        {"sendpaidmedia", send_paid_media},
                                        {"getmystarbalance", get_star_balance},
                                        {"getstartransactions", get_star_transactions},
                                        {"refundstarpayment", refund_star_payment},
                                        {"edituserstarsubscription", edit_star_subscription},
                                        {0}};
