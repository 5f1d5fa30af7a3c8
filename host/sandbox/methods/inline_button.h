/* One button of an inline keyboard: checked, and in the form in which Telegram echoes it. */
#pragma once

struct call;
struct json_t;

/* Given: json_decref(). NULL: the call has failed. */
struct json_t *inline_button_read(struct call *call, const struct json_t *button);
