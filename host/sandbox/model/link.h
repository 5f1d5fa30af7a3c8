/* Links as Telegram checks and writes them: "example.com" becomes "http://example.com/", and tg: links name users, custom emoji
 * and moments. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

/* Adds the link in its checked form to `checked`. False: ERROR_INPUT with Telegram's reason, "Wrong HTTP URL". */
bool link_check(const char *link, size_t size, bool https_only, struct buffer *checked, struct error *error);

int64_t link_user_id(const char *link, size_t size);  /* of tg://user?id=N; 0: it is no such link */
int64_t link_emoji_id(const char *link, size_t size); /* of tg://emoji?id=N; 0: it is no such link */

/* The members of a date_time entity, with leading commas, of tg://time?unix=N&format=F. Given: free(). NULL: it is no such
 * link. */
char *link_date(const char *link, size_t size);

/* The same for a moment and a format, as HTML has them. NULL: the format is wrong. */
char *link_date_members(int32_t unix_time, const char *format, size_t size);
