/* Markdown, the old one: no nesting, no escapes but of its own four characters. */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/markup.h"
#include "sandbox/model/markup_reader.h"

/* What has been opened with a '[' and read up to its ']'. Without "(address)" behind it, its text is the address. */
static void close_link(struct markup_reader *reader, const struct markup_open *open) {
  const char *url = reader->text + reader->at + 2;
  size_t size = 0;
  if (reader->text[reader->at + 1] == '(') {
    while (reader->at + 2 + size < reader->size && url[size] != ')') size++;
    reader->at += 2 + size;
    if (!size) return;
  }
  markup_reader_close_link(reader, open, url, size);
}

static void close(struct markup_reader *reader, const struct markup_open *open, char mark, const char *fence) {
  if (mark == '[')
    close_link(reader, open);
  else if (mark == '`' && strlen(fence) == 3)
    markup_reader_close(reader, open, open->argument ? ENTITY_PRE_CODE : ENTITY_PRE,
                        markup_reader_language_member(open->argument));
  else
    markup_reader_close(reader, open, mark == '`' ? ENTITY_CODE : mark == '*' ? ENTITY_BOLD : ENTITY_ITALIC, NULL);
}

static bool read_span(struct markup_reader *reader) {
  struct markup_open open = {.from = reader->at, .begin = reader->plain->size, .offset = reader->units};
  char mark = reader->text[reader->at], closing[] = {mark == '[' ? ']' : mark, '\0'};
  const char *fence = strncmp(reader->text + reader->at, "```", 3) == 0 ? "```" : closing;
  bool ok = true;
  reader->at += strlen(fence);
  if (fence != closing) reader->at = markup_reader_language(reader, reader->at, &open.argument);
  while (ok && reader->at < reader->size && strncmp(reader->text + reader->at, fence, strlen(fence)) != 0)
    ok = markup_reader_copy(reader);
  if (ok && reader->at >= reader->size) {
    ok = error_set(reader->error, ERROR_INPUT, "Can't find end of the entity starting at byte offset %zu", open.from);
  } else if (ok) {
    close(reader, &open, mark, fence);
    reader->at += strlen(fence);
  }
  free(open.argument);
  return ok;
}

bool markup_read_markdown(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct markup_reader reader;
  bool ok = true;
  markup_reader_init(&reader, text, size, plain, list, error);
  while (ok && reader.at < size) {
    const char *at = text + reader.at;
    bool is_escaped = *at == '\\' && at[1] && strchr("_*`[", at[1]);
    if (is_escaped) reader.at++;
    ok = !is_escaped && *at && strchr("_*`[", *at) ? read_span(&reader) : markup_reader_copy(&reader);
  }
  entity_list_sort(list);
  markup_reader_release(&reader);
  return ok;
}
