/* JSON by writing it, for what is too frequent to build trees of. Nothing is reported: a buffer that is full or finds no memory
 * is left as it is, and answers of that size do not exist at Telegram. The loop's thread only. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct json_t;

enum { WRITE_CEILING = 64 * 1024 * 1024 }; /* of every answer: a getUpdates of Telegram ends at 4 MiB */

void write_text(struct buffer *buffer, const char *text); /* as it is */
void write_number(struct buffer *buffer, int64_t number);
/* A JSON string with quotes, in ASCII as Telegram does it: what is outside is \uXXXX, in pairs where it needs two. */
void write_string(struct buffer *buffer, const char *text, size_t size);
void write_member(struct buffer *buffer, const char *name, const char *text); /* ,"name":"text"; nothing for NULL */
void write_raw(struct buffer *buffer, const char *name, const char *json);    /* ,"name":json; nothing for NULL */

/* A tree as text in ASCII without spaces. Given: free(). NULL for NULL. */
char *write_dump(const struct json_t *json);
