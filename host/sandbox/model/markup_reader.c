#include "sandbox/model/markup_reader.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"

void markup_reader_init(struct markup_reader *reader, const char *text, size_t size, struct buffer *plain,
                        struct entity_list *list, struct error *error) {
  *reader = (struct markup_reader){.text = text, .size = size, .plain = plain, .list = list, .error = error};
}

void markup_reader_release(struct markup_reader *reader) {
  while (reader->depth) markup_reader_pop(reader);
  free(reader->stack);
  reader->stack = NULL;
}

bool markup_reader_put(struct markup_reader *reader, const char *data, size_t size) {
  for (size_t i = 0; i < size; i++) reader->units += character_units(data[i]);
  return buffer_add(reader->plain, data, size, reader->error);
}

bool markup_reader_copy(struct markup_reader *reader) { return markup_reader_put(reader, reader->text + reader->at++, 1); }

bool markup_reader_push(struct markup_reader *reader, struct markup_open open) {
  if (reader->depth == reader->capacity) {
    size_t capacity = reader->capacity ? reader->capacity * 2 : 8;
    struct markup_open *stack = memory_try_resize(reader->stack, capacity * sizeof *stack);
    if (!stack) {
      free(open.argument);
      return error_set(reader->error, ERROR_MEMORY, "not enough memory");
    }
    reader->stack = stack;
    reader->capacity = capacity;
  }
  open.begin = reader->plain->size;
  open.offset = reader->units;
  reader->stack[reader->depth++] = open;
  return true;
}

struct markup_open *markup_reader_top(struct markup_reader *reader) {
  return reader->depth ? &reader->stack[reader->depth - 1] : NULL;
}

void markup_reader_pop(struct markup_reader *reader) { free(reader->stack[--reader->depth].argument); }

void markup_reader_close(struct markup_reader *reader, const struct markup_open *open, enum entity_type type, char *extra) {
  int length = reader->units - open->offset;
  if (length > 0)
    entity_list_add(reader->list, (struct entity){.offset = open->offset, .length = length, .type = type, .extra = extra});
  else
    free(extra);
}

void markup_reader_close_link(struct markup_reader *reader, const struct markup_open *open, const char *url, size_t size) {
  if (reader->units == open->offset) return;
  if (!size) {
    url = reader->plain->data + open->begin;
    size = reader->plain->size - open->begin;
  }
  int64_t user_id = link_user_id(url, size);
  if (user_id) {
    entity_list_add(
        reader->list,
        (struct entity){
            .offset = open->offset, .length = reader->units - open->offset, .type = ENTITY_TEXT_MENTION, .user_id = user_id});
    return;
  }
  struct buffer checked;
  buffer_init(&checked, JSON_WRITE_CEILING);
  if (link_check(url, size, false, &checked, NULL))
    markup_reader_close(reader, open, ENTITY_TEXT_LINK, entity_list_member("url", checked.data, checked.size));
  buffer_release(&checked);
}

static bool is_break(char c) { return c == '\n' || c == '\r'; }

size_t markup_reader_language(const struct markup_reader *reader, size_t at, char **language) {
  size_t end = at;
  while (!character_is_blank(reader->text[end]) && reader->text[end] != '`') end++;
  *language = NULL;
  if (end > at && end < reader->size && reader->text[end] != '`') {
    *language = memory_new(end - at + 1);
    memcpy(*language, reader->text + at, end - at);
    at = end;
  }
  const char *text = reader->text + at;
  if (!is_break(text[0])) return at;
  return at + (is_break(text[1]) && text[0] != text[1] ? 2 : 1);
}

char *markup_reader_language_member(const char *language) {
  return language ? entity_list_member("language", language, strlen(language)) : NULL;
}
