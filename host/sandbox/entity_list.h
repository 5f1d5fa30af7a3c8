/* Entities on their way from a parser to JSON. For the rooms of entity.h only; offsets are bytes until entity_list_dump(). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

struct entity {
  size_t begin, end; /* bytes of the text */
  const char *type;  /* static */
  char *extra;       /* JSON members with a leading comma, or NULL; ours */
  unsigned order;    /* of two that cover the same, the outer was closed later */
};

struct entity_list {
  struct entity *items;
  size_t count, capacity;
};

/* extra is taken. */
void entity_list_add(struct entity_list *list, const char *type, size_t begin, size_t end, char *extra);
void entity_list_release(struct entity_list *list);

/* Adds the text without its markup to `plain`, its entities to `list`. False: ERROR_INPUT with Telegram's words. */
bool markup_read_markdown(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error);
bool markup_read_markdown2(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error);
bool markup_read_html(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error);
