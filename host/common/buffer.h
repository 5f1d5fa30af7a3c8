/* A buffer: bytes that grow up to a ceiling. A NUL that does not count always follows, so text can be read as a string.
 * One thread at a time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct buffer {
  char *data;      /* NULL while nothing has been added */
  size_t size;     /* bytes in use */
  size_t capacity; /* bytes allocated */
  size_t ceiling;  /* size never passes it */
};

void buffer_init(struct buffer *buffer, size_t ceiling);
void buffer_release(struct buffer *buffer);                 /* frees the bytes; the buffer is as after buffer_init() */
void buffer_clear(struct buffer *buffer);                   /* size 0; the memory is kept for the next use */
void buffer_swap(struct buffer *one, struct buffer *other); /* their bytes and memory; each keeps its ceiling */
void buffer_cut(struct buffer *buffer, size_t size);        /* size must not be larger than before */

/* Makes room for `size` more bytes, without adding any. False: ERROR_FULL over the ceiling, ERROR_MEMORY when there is none;
 * the buffer is unchanged. The same holds for every function below that returns bool. */
bool buffer_reserve(struct buffer *buffer, size_t size, struct error *error);

bool buffer_add(struct buffer *buffer, const void *data, size_t size, struct error *error);
bool buffer_add_text(struct buffer *buffer, const char *text, struct error *error);
bool buffer_add_integer(struct buffer *buffer, int64_t value, struct error *error); /* in a tenth of printf()'s time */

enum { BUFFER_DIGITS = 20 }; /* bytes of -2^63 */
/* The same without a buffer: writes to the end of `digits`, and returns where the text begins. No NUL. */
const char *buffer_write_digits(int64_t value, char digits[static BUFFER_DIGITS], size_t *size);

bool buffer_format(struct buffer *buffer, struct error *error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds `text` as a JSON string with its quotes. Bytes that are not UTF-8 are passed on as they are. */
bool buffer_add_json_string(struct buffer *buffer, const char *text, size_t size, struct error *error);

/* Given: the bytes (free with free(); NULL when nothing was ever added). The buffer is empty afterwards. */
char *buffer_take(struct buffer *buffer, size_t *size);
