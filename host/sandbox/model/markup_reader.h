/* What the readers of HTML and Markdown share: a place in the text, and a stack of the entities that are open there. A text is
 * read once, from left to right. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/model/entity_list.h"

struct buffer;
struct error;

struct markup_open { /* an entity whose end has not been read yet */
  const char *tag;   /* HTML's name; static */
  enum entity_type type;
  size_t from;        /* bytes of the text */
  size_t begin;       /* bytes of the plain text */
  int offset;         /* UTF-16 units of the plain text */
  bool is_expandable; /* a quote */
  int32_t unix_time;  /* of a <tg-time> */
  char *argument;     /* of HTML: the attribute that counts; of Markdown: the language; ours, or NULL */
};

struct markup_reader {
  const char *text;
  size_t size, at;
  struct buffer *plain;
  int units; /* UTF-16, of the plain text so far */
  struct entity_list *list;
  struct error *error;
  struct markup_open *stack;
  size_t depth, capacity;
};

void markup_reader_init(struct markup_reader *reader, const char *text, size_t size, struct buffer *plain,
                        struct entity_list *list, struct error *error);
void markup_reader_release(struct markup_reader *reader);

bool markup_reader_put(struct markup_reader *reader, const char *data, size_t size); /* adds to the plain text */
bool markup_reader_copy(struct markup_reader *reader);                               /* adds the next byte, and moves on */

/* Opens an entity here. Its argument is taken. False: there is no memory, which is in the reader's error. */
bool markup_reader_push(struct markup_reader *reader, struct markup_open open);
struct markup_open *markup_reader_top(struct markup_reader *reader); /* NULL: nothing is open */
void markup_reader_pop(struct markup_reader *reader);

/* Adds an entity from the open one's beginning to here; `extra` is taken. One without text is left out. */
void markup_reader_close(struct markup_reader *reader, const struct markup_open *open, enum entity_type type, char *extra);

/* The same for a link to `url`, which may be a mention; one that is no link at all is left out. An empty url: the text itself
 * is the link. */
void markup_reader_close_link(struct markup_reader *reader, const struct markup_open *open, const char *url, size_t size);

/* The language that follows ``` at `at`, and the one line break behind it. Returns the place where the code begins. */
size_t markup_reader_language(const struct markup_reader *reader, size_t at, char **language);

/* The "language" of code, or NULL. */
char *markup_reader_language_member(const char *language);
