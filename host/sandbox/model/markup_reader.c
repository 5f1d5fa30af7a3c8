#include "sandbox/model/markup_reader.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"

bool markup_reader_put(struct markup_reader *reader, const char *data, size_t size) {
  return buffer_add(reader->plain, data, size, reader->error);
}

char *markup_reader_member(const char *name, const char *value, size_t size) {
  struct buffer json;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, ",\"%s\":", name);
  json_write_string(&json, value, size);
  return buffer_take(&json, NULL);
}

void markup_reader_close(struct markup_reader *reader, struct markup_open *open) {
  if (open->type)
    entity_list_add(reader->list, open->type, open->begin, reader->plain->size, open->extra);
  else
    free(open->extra);
  open->extra = NULL;
}

void markup_reader_release(struct markup_open *stack, size_t depth) {
  while (depth) free(stack[--depth].extra);
}

/* tg://user links stay links. Telegram makes a text_mention of one if it knows the user. */
char *markup_reader_link(const char *address, size_t size) {
  if (size && !memchr(address, ':', size)) { /* without a scheme: Telegram adds one */
    struct buffer whole;
    buffer_init(&whole, JSON_WRITE_CEILING);
    json_write_text(&whole, "http://");
    (void)buffer_add(&whole, address, size, NULL);
    char *extra = markup_reader_member("url", whole.data, whole.size);
    buffer_release(&whole);
    return extra;
  }
  return markup_reader_member("url", address, size);
}
