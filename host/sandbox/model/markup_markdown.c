/* Both Markdowns. They share the reading of code and links; MarkdownV2 adds nesting, escapes and quotes. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/markup.h"
#include "sandbox/model/markup_reader.h"

/* ---- what both Markdowns have: code, and links ---- */

/* Reads ```language\ncode``` or `code`. *is_closed is false where the end is missing. */
static bool read_code(struct markup_reader *reader, bool has_escapes, bool *is_closed) {
  size_t fence = strncmp(reader->text + reader->at, "```", 3) == 0 ? 3 : 1;
  size_t begin = reader->plain->size, at = reader->at + fence;
  char *extra = NULL;
  if (fence == 3) {
    size_t language = strcspn(reader->text + at, " \t\n`");
    if (language && reader->text[at + language] == '\n') {
      extra = markup_reader_member("language", reader->text + at, language);
      at += language;
    }
    if (reader->text[at] == '\n') at++;
  }
  bool ok = true;
  while (ok && at < reader->size && strncmp(reader->text + at, "```", fence) != 0) {
    if (has_escapes && reader->text[at] == '\\' && at + 1 < reader->size) at++;
    ok = markup_reader_put(reader, reader->text + at++, 1);
  }
  *is_closed = at < reader->size;
  if (!ok || !*is_closed) return free(extra), ok;
  reader->at = at + fence;
  entity_list_add(reader->list, fence == 3 ? "pre" : "code", begin, reader->plain->size, extra);
  return true;
}

/* Reads the address in parentheses that follows a ']'. False: none follows. */
static bool read_address(struct markup_reader *reader, struct buffer *address, bool has_escapes) {
  size_t at = reader->at;
  if (at >= reader->size || reader->text[at] != '(') return false;
  for (at++; at < reader->size && reader->text[at] != ')'; at++) {
    if (has_escapes && reader->text[at] == '\\' && at + 1 < reader->size) at++;
    (void)buffer_add(address, reader->text + at, 1, NULL);
  }
  if (at >= reader->size) return false;
  reader->at = at + 1;
  return true;
}

static bool close_link(struct markup_reader *reader, struct markup_open *open, bool has_escapes) {
  struct buffer address;
  buffer_init(&address, JSON_WRITE_CEILING);
  reader->at++;
  bool ok = read_address(reader, &address, has_escapes);
  if (!ok || !address.size)
    open->type = NULL;
  else if (strcmp(open->type, "custom_emoji") == 0) {
    const char *id = strstr(address.data, "id=");
    open->extra = markup_reader_member("custom_emoji_id", id ? id + 3 : "", id ? strlen(id + 3) : 0);
  } else {
    open->extra = markup_reader_link(address.data, address.size);
  }
  markup_reader_close(reader, open);
  buffer_release(&address);
  return ok;
}

/* ---- Markdown, the old one: no nesting, no escapes but before its own characters ---- */

static bool read_span(struct markup_reader *reader, char mark, size_t from) {
  struct markup_open open = {.type = mark == '*' ? "bold" : mark == '_' ? "italic" : "text_link", .begin = reader->plain->size};
  char closing = mark == '[' ? ']' : mark;
  reader->at++;
  while (reader->at < reader->size && reader->text[reader->at] != closing) {
    if (!markup_reader_put(reader, reader->text + reader->at++, 1)) return false;
  }
  if (reader->at >= reader->size) {
    return error_set(reader->error, ERROR_INPUT,
                     "can't parse entities: Can't find end of the entity starting at byte offset %zu", from);
  }
  if (mark == '[') return (void)close_link(reader, &open, false), true;
  reader->at++;
  markup_reader_close(reader, &open);
  return true;
}

bool markup_read_markdown(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct markup_reader reader = {text, size, 0, plain, list, error};
  bool ok = true, is_closed = true;
  while (ok && reader.at < size) {
    size_t from = reader.at;
    char c = text[from];
    if (c == '\\' && from + 1 < size && strchr("_*`[", text[from + 1])) {
      reader.at += 2;
      ok = markup_reader_put(&reader, &text[from + 1], 1);
    } else if (c == '`') {
      ok = read_code(&reader, false, &is_closed);
      if (ok && !is_closed)
        ok = error_set(error, ERROR_INPUT, "can't parse entities: Can't find end of the entity starting at byte offset %zu",
                       from);
    } else if (strchr("*_[", c)) {
      ok = read_span(&reader, c, from);
    } else {
      reader.at++;
      ok = markup_reader_put(&reader, &text[from], 1);
    }
  }
  return ok;
}

/* ---- MarkdownV2 ---- */

static const struct {
  const char *mark, *type, *name; /* longer marks come first; name: Telegram's, in errors */
} marks[] = {{"__", "underline", "Underline"},
             {"||", "spoiler", "Spoiler"},
             {"*", "bold", "Bold"},
             {"_", "italic", "Italic"},
             {"~", "strikethrough", "Strikethrough"}};

static const char *name_of(const char *type) {
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    if (strcmp(marks[i].type, type) == 0) return marks[i].name;
  }
  return strcmp(type, "text_link") == 0 ? "TextUrl" : strcmp(type, "custom_emoji") == 0 ? "CustomEmoji" : "BlockQuote";
}

static bool no_end(struct markup_reader *reader, const char *name, size_t from) {
  return error_set(reader->error, ERROR_INPUT, "can't parse entities: Can't find end of %s entity at byte offset %zu", name,
                   from);
}

static bool push(struct markup_reader *reader, struct markup_open *stack, size_t *depth, const char *type, size_t mark_size) {
  if (*depth == MARKUP_DEPTH_MAX)
    return error_set(reader->error, ERROR_INPUT, "can't parse entities: too many nested entities");
  stack[(*depth)++] = (struct markup_open){.type = type, .from = reader->at, .begin = reader->plain->size};
  reader->at += mark_size;
  return true;
}

/* A mark closes the entity that was opened last, if that has the same mark; otherwise it opens one. */
static bool read_mark(struct markup_reader *reader, struct markup_open *stack, size_t *depth, bool *is_mark) {
  const char *at = reader->text + reader->at;
  *is_mark = true;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    size_t size = strlen(marks[i].mark);
    if (strncmp(at, marks[i].mark, size) != 0) continue;
    bool closes = *depth && stack[*depth - 1].type == marks[i].type;
    if (i == 0 && *depth && strcmp(stack[*depth - 1].type, "italic") == 0) continue; /* "___": the single one closes first */
    if (!closes) return push(reader, stack, depth, marks[i].type, size);
    markup_reader_close(reader, &stack[--*depth]);
    reader->at += size;
    return true;
  }
  *is_mark = false;
  return true;
}

/* A '>' at the beginning of a line opens a quote, which goes on as long as the next lines begin so, too. */
static void read_quote(struct markup_reader *reader, struct markup_open *quote) {
  bool is_line_start = reader->at == 0 || reader->text[reader->at - 1] == '\n';
  if (!is_line_start) return;
  if (reader->text[reader->at] == '>') {
    if (!quote->type) *quote = (struct markup_open){.type = "blockquote", .from = reader->at, .begin = reader->plain->size};
    reader->at++;
  } else if (quote->type) {
    markup_reader_close(reader, quote);
    quote->type = NULL;
  }
}

static bool is_expandable_end(const struct markup_reader *reader) {
  const char *at = reader->text + reader->at;
  return strncmp(at, "||", 2) == 0 && (at[2] == '\n' || !at[2]);
}

static bool read_character2(struct markup_reader *reader, struct markup_open *stack, size_t *depth, struct markup_open *quote) {
  size_t from = reader->at;
  char c = reader->text[from];
  bool is_mark, is_closed, is_emoji = strncmp(reader->text + from, "![", 2) == 0;
  if (c == '\\' && from + 1 < reader->size && (unsigned char)reader->text[from + 1] < 0x80) {
    reader->at += 2;
    return markup_reader_put(reader, reader->text + from + 1, 1);
  }
  if (c == '`')
    return read_code(reader, true, &is_closed) &&
           (is_closed || no_end(reader, strncmp(reader->text + from, "```", 3) == 0 ? "Pre" : "Code", from));
  if (quote->type && is_expandable_end(reader) && (!*depth || strcmp(stack[*depth - 1].type, "spoiler") != 0)) {
    quote->type = "expandable_blockquote";
    reader->at += 2;
    return true;
  }
  if (c == '[' || is_emoji) return push(reader, stack, depth, is_emoji ? "custom_emoji" : "text_link", is_emoji ? 2 : 1);
  const char *top = *depth ? stack[*depth - 1].type : "";
  if (c == ']' && (strcmp(top, "text_link") == 0 || strcmp(top, "custom_emoji") == 0)) {
    (void)close_link(reader, &stack[--*depth], true);
    return true;
  }
  if (!read_mark(reader, stack, depth, &is_mark)) return false;
  if (is_mark) return true;
  if (strchr("_*[]()~`>#+-=|{}.!", c)) {
    return error_set(reader->error, ERROR_INPUT,
                     "can't parse entities: Character '%c' is reserved and must be escaped with the preceding '\\'", c);
  }
  reader->at++;
  return markup_reader_put(reader, reader->text + from, 1);
}

bool markup_read_markdown2(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct markup_reader reader = {text, size, 0, plain, list, error};
  struct markup_open stack[MARKUP_DEPTH_MAX], quote = {0};
  size_t depth = 0;
  bool ok = true;
  while (ok && reader.at < size) {
    read_quote(&reader, &quote);
    if (reader.at < size) ok = read_character2(&reader, stack, &depth, &quote);
  }
  if (ok && depth) ok = no_end(&reader, name_of(stack[depth - 1].type), stack[depth - 1].from);
  if (ok && quote.type) markup_reader_close(&reader, &quote);
  markup_reader_release(stack, depth);
  return ok;
}
