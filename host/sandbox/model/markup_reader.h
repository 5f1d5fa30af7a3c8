/* What the readers of HTML and Markdown share: a place in the text, and the entities that are open there. A text is read once,
 * from left to right, with a stack of what is open. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct entity_list;
struct error;

#define MARKUP_DEPTH_MAX 64 /* deeper nesting has no meaning: every type may be open once */

struct markup_reader {
  const char *text;
  size_t size, at;
  struct buffer *plain;
  struct entity_list *list;
  struct error *error;
};

struct markup_open { /* an entity whose end has not been read yet */
  const char *type;  /* NULL: a tag that makes no entity */
  char tag[16];      /* HTML's name */
  size_t from;       /* in the text */
  size_t begin;      /* in the plain text */
  char *extra;       /* ours */
};

bool markup_reader_put(struct markup_reader *reader, const char *data, size_t size); /* adds to the plain text */
void markup_reader_close(struct markup_reader *reader, struct markup_open *open);    /* adds the entity, which ends here */
void markup_reader_release(struct markup_open *stack, size_t depth);

/* JSON members of an entity, each with a leading comma. Given: free(). */
char *markup_reader_member(const char *name, const char *value, size_t size);
char *markup_reader_link(const char *address, size_t size); /* the "url" of a text_link */
