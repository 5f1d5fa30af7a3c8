/* Payments: what an invoice asks for, what a person pays, and a bot's Stars. An invoice is a JSON object with all that
 * sendInvoice was given, and "bot", the id of the bot that is paid. No money of other currencies is counted. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct bot;
struct chat;
struct json_t;
struct model;
struct person;
struct query;

/* The sum of an invoice's prices. */
int64_t payment_total(const struct json_t *invoice);

/* The invoice of a link, whichever bot has made it. Borrowed; NULL: there is none. */
struct json_t *payment_find_link(const struct model *model, const char *link);
/* Keeps the invoice, which is taken. Borrowed: its link. */
const char *payment_add_link(struct model *model, struct bot *bot, struct json_t *invoice);

/* Asks the bot whether it delivers: a pre_checkout_query. more: further members of it; borrowed, may be NULL. Borrowed. */
const struct query *payment_ask(struct model *model, struct person *payer, struct chat *chat, const struct json_t *invoice,
                                const struct json_t *more);

/* The bot delivers: the chat gets the successful_payment, the bot its Stars. */
void payment_complete(struct model *model, const struct query *query);

/* Adds Stars to the bot's balance, with the transaction that tells of them. partner: the members of TransactionPartnerUser
 * beside the user; borrowed. */
void payment_earn(struct model *model, struct bot *bot, const char *id, const struct person *payer, int64_t stars,
                  const struct json_t *partner);

/* Gives a payment back. NULL: done; else Telegram's text for what is wrong. */
const char *payment_refund(struct model *model, struct bot *bot, struct person *payer, const char *charge_id);
