/* MarkdownV2: marks nest, every special character that is none is escaped, and a '>' at the beginning of a line opens a quote,
 * which ends with the first line that has none. A quote whose last mark is "||" can be expanded. */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"
#include "sandbox/model/markup.h"
#include "sandbox/model/markup_reader.h"

struct markdown2 {
  struct markup_reader reader;
  bool has_quote, may_quote; /* a quote is open; the line has just begun */
};

static const struct {
  enum entity_type type;
  const char *mark, *name; /* name: Telegram's, in errors */
} marks[] = {
    {ENTITY_UNDERLINE, "__", "Underline"},
    {ENTITY_SPOILER, "||", "Spoiler"},
    {ENTITY_BOLD, "*", "Bold"},
    {ENTITY_ITALIC, "_", "Italic"},
    {ENTITY_STRIKETHROUGH, "~", "Strikethrough"},
    {ENTITY_PRE, "```", "Pre"},
    {ENTITY_PRE_CODE, "```", "PreCode"},
    {ENTITY_CODE, "`", "Code"},
    {ENTITY_TEXT_LINK, "]", "TextUrl"},
    {ENTITY_CUSTOM_EMOJI, "]", "CustomEmoji"},
    {ENTITY_BLOCKQUOTE, "", "BlockQuote"},
};

static size_t mark_of(enum entity_type type) {
  size_t i = 0;
  while (marks[i].type != type) i++;
  return i;
}

static bool starts_with(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

static bool is_code(const struct markup_open *open) {
  return open && (open->type == ENTITY_CODE || open->type == ENTITY_PRE || open->type == ENTITY_PRE_CODE);
}

static bool fail_reserved(struct markup_reader *reader) {
  return error_set(reader->error, ERROR_INPUT, "Character '%c' is reserved and must be escaped with the preceding '\\'",
                   reader->text[reader->at]);
}

static bool fail_open(struct markup_reader *reader) {
  const struct markup_open *open = markup_reader_top(reader);
  return error_set(reader->error, ERROR_INPUT, "Can't find end of %s entity at byte offset %zu",
                   marks[mark_of(open->type)].name, open->from);
}

/* ---- opening ---- */

static bool push(struct markup_reader *reader, enum entity_type type, size_t mark_size) {
  size_t from = reader->at;
  reader->at += mark_size;
  return markup_reader_push(reader, (struct markup_open){.type = type, .from = from});
}

static bool push_code(struct markup_reader *reader) {
  size_t from = reader->at;
  char *language;
  if (!starts_with(reader->text + from, "```")) return push(reader, ENTITY_CODE, 1);
  reader->at = markup_reader_language(reader, from + 3, &language);
  enum entity_type type = language ? ENTITY_PRE_CODE : ENTITY_PRE;
  return markup_reader_push(reader, (struct markup_open){.type = type, .from = from, .argument = language});
}

static bool open_quote(struct markdown2 *markdown) {
  if (!markdown->may_quote) return fail_reserved(&markdown->reader);
  if (markdown->has_quote) return markdown->reader.at++, true;
  markdown->has_quote = true;
  return push(&markdown->reader, ENTITY_BLOCKQUOTE, 1);
}

static bool open_mark(struct markdown2 *markdown) {
  struct markup_reader *reader = &markdown->reader;
  const char *at = reader->text + reader->at;
  switch (*at) {
    case '`': return push_code(reader);
    case '[': return push(reader, ENTITY_TEXT_LINK, 1);
    case '!': return at[1] == '[' ? push(reader, ENTITY_CUSTOM_EMOJI, 2) : fail_reserved(reader);
    case '>': return open_quote(markdown);
    case '\n': markdown->may_quote = true; return markup_reader_copy(reader);
    default: break;
  }
  for (size_t i = 0; i < 5; i++) { /* the marks that are the same at both ends */
    if (starts_with(at, marks[i].mark)) return push(reader, marks[i].type, strlen(marks[i].mark));
  }
  return fail_reserved(reader);
}

/* ---- closing ---- */

/* Reads the address in parentheses at `at`, and moves behind it. */
static bool read_address(struct markup_reader *reader, size_t at, struct buffer *address) {
  const char *text = reader->text;
  size_t from = at;
  for (; at < reader->size && text[at] != ')'; at++) {
    if (text[at] == '\\' && text[at + 1] > 0 && text[at + 1] <= 126) at++;
    if (!buffer_add(address, text + at, 1, reader->error)) return false;
  }
  if (text[at] != ')') return error_set(reader->error, ERROR_INPUT, "Can't find end of a URL at byte offset %zu", from);
  reader->at = at + 1;
  return true;
}

/* An address that is written but empty is no link, other than one that is not written. */
static bool close_link(struct markup_reader *reader, const struct markup_open *open, struct buffer *address) {
  bool has_address = reader->text[reader->at + 1] == '(';
  if (!has_address) reader->at++;
  if (has_address && !read_address(reader, reader->at + 2, address)) return false;
  if (!has_address || address->size) markup_reader_close_link(reader, open, address->data, address->size);
  return true;
}

static bool close_emoji(struct markup_reader *reader, const struct markup_open *open, struct buffer *address) {
  if (reader->text[reader->at + 1] != '(')
    return error_set(reader->error, ERROR_INPUT, "The entity must contain a tg://emoji or tg://time URL");
  if (!buffer_reserve(address, 0, reader->error) || !read_address(reader, reader->at + 2, address)) return false;
  int64_t id = link_emoji_id(address->data, address->size);
  char *date = id ? NULL : link_date(address->data, address->size);
  if (!id && !date) return error_set(reader->error, ERROR_INPUT, "Invalid tg://emoji or tg://time URL specified");
  if (id) {
    buffer_clear(address);
    (void)buffer_format(address, NULL, "%lld", (long long)id);
  }
  markup_reader_close(reader, open, id ? ENTITY_CUSTOM_EMOJI : ENTITY_DATE_TIME,
                      id ? entity_list_member("custom_emoji_id", address->data, address->size) : date);
  return true;
}

/* The line break behind a quote belongs to it. */
static bool close_quote(struct markdown2 *markdown, enum entity_type type) {
  struct markup_reader *reader = &markdown->reader;
  if (!markup_reader_copy(reader)) return false;
  markup_reader_close(reader, markup_reader_top(reader), type, NULL);
  markdown->has_quote = false;
  markdown->may_quote = true;
  return true;
}

/* Whether the mark that is open was written right before `end`, but for a carriage return. */
static bool is_last_mark(const struct markup_reader *reader, size_t end) {
  const struct markup_open *open = &reader->stack[reader->depth - 1];
  if (open->type != ENTITY_SPOILER) return false;
  return open->from + 2 == end || (open->from + 3 == end && reader->text[end - 1] == '\r');
}

/* A line that ends the quote, with marks open in it: only the "||" of an expandable quote may be. */
static bool end_quote(struct markdown2 *markdown) {
  struct markup_reader *reader = &markdown->reader;
  enum entity_type type = ENTITY_BLOCKQUOTE;
  if (is_last_mark(reader, reader->at)) {
    markup_reader_pop(reader);
    type = ENTITY_EXPANDABLE_BLOCKQUOTE;
  }
  if (markup_reader_top(reader)->type != ENTITY_BLOCKQUOTE) return fail_open(reader);
  bool ok = close_quote(markdown, type);
  markup_reader_pop(reader);
  return ok;
}

static bool close_mark(struct markdown2 *markdown) {
  struct markup_reader *reader = &markdown->reader;
  const struct markup_open *open = markup_reader_top(reader);
  struct buffer address;
  bool ok = true;
  buffer_init(&address, JSON_WRITE_CEILING);
  if (open->type == ENTITY_TEXT_LINK) {
    ok = close_link(reader, open, &address);
  } else if (open->type == ENTITY_CUSTOM_EMOJI) {
    ok = close_emoji(reader, open, &address);
  } else {
    markup_reader_close(reader, open, open->type, markup_reader_language_member(open->argument));
    reader->at += strlen(marks[mark_of(open->type)].mark);
  }
  markup_reader_pop(reader);
  buffer_release(&address);
  return ok;
}

/* A single '_' does not close where two stand: "___" closes what "__" has opened first. */
static bool closes(const struct markup_open *open, const char *at) {
  if (open->type == ENTITY_BLOCKQUOTE) return false;
  if (open->type == ENTITY_ITALIC) return *at == '_' && at[1] != '_';
  return starts_with(at, marks[mark_of(open->type)].mark);
}

static bool read_character(struct markdown2 *markdown) {
  struct markup_reader *reader = &markdown->reader;
  const char *at = reader->text + reader->at;
  const struct markup_open *open = markup_reader_top(reader);
  bool is_escaped = *at == '\\' && at[1] > 0 && at[1] <= 126;
  const char *reserved = is_code(open) ? "`" : "_*[]()~`>#+-=|{}.!\n";
  if (is_escaped || !*at || !strchr(reserved, *at)) {
    if (is_escaped) reader->at++, at++;
    if (*at != '\r') markdown->may_quote = is_escaped && *at == '\n';
    return markup_reader_copy(reader);
  }
  if (open && markdown->has_quote && *at == '\n' && at[1] != '>') return end_quote(markdown);
  return open && closes(open, at) ? close_mark(markdown) : open_mark(markdown);
}

/* The text ends within a quote, or with something that is still open. */
static bool end_text(struct markdown2 *markdown) {
  struct markup_reader *reader = &markdown->reader;
  enum entity_type type = ENTITY_BLOCKQUOTE;
  if (markdown->has_quote && reader->stack[reader->depth - 1].type == ENTITY_SPOILER &&
      reader->stack[reader->depth - 1].from + 2 == reader->size) {
    markup_reader_pop(reader);
    type = ENTITY_EXPANDABLE_BLOCKQUOTE;
  }
  if (markdown->has_quote && markup_reader_top(reader)->type == ENTITY_BLOCKQUOTE) {
    markup_reader_close(reader, markup_reader_top(reader), type, NULL);
    markup_reader_pop(reader);
  }
  return !reader->depth || fail_open(reader);
}

bool markup_read_markdown2(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct markdown2 markdown = {.may_quote = true};
  bool ok = true;
  markup_reader_init(&markdown.reader, text, size, plain, list, error);
  while (ok && markdown.reader.at < size) ok = read_character(&markdown);
  if (ok) ok = end_text(&markdown);
  entity_list_sort(list);
  markup_reader_release(&markdown.reader);
  return ok;
}
