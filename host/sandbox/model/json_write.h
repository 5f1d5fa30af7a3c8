/* JSON written straight into a buffer, which costs less than building a tree first. Failures are not reported: a buffer that is
 * full or finds no memory stays as it is, and no answer of Telegram comes near that size. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct json_t;

enum { JSON_WRITE_CEILING = 64 * 1024 * 1024 }; /* bytes of any answer; a getUpdates of Telegram ends at 4 MiB */

void json_write_text(struct buffer *buffer, const char *text); /* as it is */
void json_write_number(struct buffer *buffer, int64_t number);
/* A JSON string with quotes. It is ASCII, as at Telegram: all other characters are \uXXXX, in UTF-16. */
void json_write_string(struct buffer *buffer, const char *text, size_t size);
void json_write_member(struct buffer *buffer, const char *name, const char *text); /* ,"name":"text"; nothing for NULL */
void json_write_raw(struct buffer *buffer, const char *name, const char *json);    /* ,"name":json; nothing for NULL */

/* A JSON value as text, in ASCII without spaces. Given: free(). NULL for NULL. */
char *json_write_dump(const struct json_t *json);

/* The content of a message that consists of one member: "name":value. value is taken. Given: free(). */
char *json_write_content(const char *name, struct json_t *value);
