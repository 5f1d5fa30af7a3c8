/* Notices: short messages of the host itself. The caller does not learn the end; a failure is one line in the log. Part of the
 * floor's face: telegram.h includes it. */
#pragma once
#include <stdint.h>

struct notices;
struct telegram;

struct notices *notices_open(struct telegram *telegram); /* telegram is kept. Given: notices_close() */
void notices_close(struct notices *notices);             /* cancels those under way. NULL does no harm */

/* Everything is copied. reply_markup: JSON, or NULL. */
void notices_send(struct notices *notices, int64_t chat_id, const char *text, const char *reply_markup);

/* Answers the press of an inline button, which ends its waiting sign; text: shown for a moment, or NULL. */
void notices_answer_press(struct notices *notices, const char *callback_query_id, const char *text);
