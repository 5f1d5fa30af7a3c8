/* HTML: Telegram's tags, and character references. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/markup.h"
#include "sandbox/model/markup_reader.h"

static const struct {
  const char *tag, *type;
} tags[] = {{"b", "bold"},
            {"strong", "bold"},
            {"i", "italic"},
            {"em", "italic"},
            {"s", "strikethrough"},
            {"strike", "strikethrough"},
            {"del", "strikethrough"},
            {"u", "underline"},
            {"ins", "underline"},
            {"span", "spoiler"},
            {"tg-spoiler", "spoiler"},
            {"tg-emoji", "custom_emoji"},
            {"pre", "pre"},
            {"code", "code"},
            {"a", "text_link"},
            {"blockquote", "blockquote"},
            {"tg-time", NULL}};

static size_t put_utf8(char *to, unsigned long code) {
  if (code < 0x80) return (void)(to[0] = (char)code), 1;
  if (code < 0x800) return (void)(to[0] = (char)(0xC0 | code >> 6), to[1] = (char)(0x80 | (code & 0x3F))), 2;
  if (code < 0x10000) {
    to[0] = (char)(0xE0 | code >> 12), to[1] = (char)(0x80 | (code >> 6 & 0x3F)), to[2] = (char)(0x80 | (code & 0x3F));
    return 3;
  }
  to[0] = (char)(0xF0 | code >> 18), to[1] = (char)(0x80 | (code >> 12 & 0x3F));
  to[2] = (char)(0x80 | (code >> 6 & 0x3F)), to[3] = (char)(0x80 | (code & 0x3F));
  return 4;
}

/* Adds the character that a reference (&lt;, &#60;) stands for. An ampersand that begins none stands for itself. */
static bool put_reference(struct markup_reader *reader) {
  static const struct {
    const char *name, *text;
  } names[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}};
  const char *at = reader->text + reader->at;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strncmp(at, names[i].name, strlen(names[i].name)) != 0) continue;
    reader->at += strlen(names[i].name);
    return markup_reader_put(reader, names[i].text, 1);
  }
  bool is_hex = at[1] == '#' && at[2] == 'x';
  char *end, utf8[4];
  unsigned long code =
      at[1] == '#' && isxdigit((unsigned char)at[is_hex ? 3 : 2]) ? strtoul(at + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10) : 0;
  if (!code || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    reader->at++;
    return markup_reader_put(reader, "&", 1);
  }
  reader->at = (size_t)(end - reader->text) + (*end == ';');
  return markup_reader_put(reader, utf8, put_utf8(utf8, code));
}

/* The value of an attribute of the tag that ends at `end`. NULL: the tag does not have it. */
static const char *attribute(const char *tag, const char *end, const char *name, size_t *size) {
  size_t length = strlen(name);
  for (const char *at = tag; at + length < end; at++) {
    if (strncasecmp(at, name, length) != 0 || !isspace((unsigned char)at[-1])) continue;
    const char *value = at + length;
    if (*value != '=') return *size = 0, value;
    value++;
    char quote = *value == '"' || *value == '\'' ? *value++ : ' ';
    const char *stop = value;
    while (stop < end && *stop != quote && !(quote == ' ' && *stop == '>')) stop++;
    *size = (size_t)(stop - value);
    return value;
  }
  return NULL;
}

static void read_attributes(const char *tag, const char *end, struct markup_open *open) {
  size_t size;
  const char *value;
  if (!open->type) return;
  if (strcmp(open->type, "text_link") == 0) {
    value = attribute(tag, end, "href", &size);
    if (value && size)
      open->extra = markup_reader_link(value, size);
    else
      open->type = NULL; /* a link without an address links to its own text, which Telegram finds by itself */
  } else if (strcmp(open->type, "custom_emoji") == 0) {
    value = attribute(tag, end, "emoji-id", &size);
    if (value) open->extra = markup_reader_member("custom_emoji_id", value, size);
  } else if (strcmp(open->type, "blockquote") == 0 && attribute(tag, end, "expandable", &size)) {
    open->type = "expandable_blockquote";
  } else if (strcmp(open->tag, "code") == 0) {
    value = attribute(tag, end, "class", &size);
    if (value && size > 9 && strncmp(value, "language-", 9) == 0)
      open->extra = markup_reader_member("language", value + 9, size - 9);
  }
}

static bool begin_tag(struct markup_reader *reader, struct markup_open *stack, size_t *depth) {
  const char *start = reader->text + reader->at + 1, *end = memchr(start, '>', reader->size - reader->at - 1);
  size_t name = strcspn(start, " \n\t>"), from = reader->at;
  struct markup_open open = {.from = from, .begin = reader->plain->size};
  size_t known = 0, count = sizeof tags / sizeof *tags;
  if (name < sizeof open.tag) {
    for (size_t i = 0; i < name; i++) open.tag[i] = (char)tolower((unsigned char)start[i]);
  }
  while (known < count && strcmp(tags[known].tag, open.tag) != 0) known++;
  if (known == count)
    return error_set(reader->error, ERROR_INPUT, "can't parse entities: Unsupported start tag \"%.*s\" at byte offset %zu",
                     (int)name, start, from);
  if (!end) return error_set(reader->error, ERROR_INPUT, "can't parse entities: Unclosed start tag at byte offset %zu", from);
  size_t size;
  const char *style = strcmp(open.tag, "span") == 0 ? attribute(start, end, "class", &size) : "";
  if (!style || (*style && strncmp(style, "tg-spoiler", 10) != 0)) {
    return error_set(reader->error, ERROR_INPUT,
                     "can't parse entities: Tag \"span\" must have class \"tg-spoiler\" at byte offset %zu", from);
  }
  if (*depth == MARKUP_DEPTH_MAX) return error_set(reader->error, ERROR_INPUT, "can't parse entities: too many nested tags");
  open.type = tags[known].type;
  read_attributes(start, end, &open);
  stack[(*depth)++] = open;
  reader->at = (size_t)(end - reader->text) + 1;
  return true;
}

/* <pre><code class="language-x"> is one entity with a language. */
static void merge_code(struct markup_reader *reader, struct markup_open *pre) {
  struct entity *code = reader->list->count ? &reader->list->items[reader->list->count - 1] : NULL;
  if (!code || strcmp(code->type, "code") != 0 || code->begin != pre->begin || code->end != reader->plain->size) return;
  pre->extra = code->extra;
  reader->list->count--;
}

static bool end_tag(struct markup_reader *reader, struct markup_open *stack, size_t *depth) {
  const char *start = reader->text + reader->at + 2, *end = memchr(start, '>', reader->size - reader->at - 2);
  size_t from = reader->at, name = end ? (size_t)(end - start) : 0;
  if (!end) return error_set(reader->error, ERROR_INPUT, "can't parse entities: Unclosed end tag at byte offset %zu", from);
  if (!*depth)
    return error_set(reader->error, ERROR_INPUT, "can't parse entities: Unexpected end tag at byte offset %zu", from);
  struct markup_open *open = &stack[*depth - 1];
  while (name && isspace((unsigned char)start[name - 1])) name--;
  if (name && (strlen(open->tag) != name || strncasecmp(open->tag, start, name) != 0)) {
    return error_set(reader->error, ERROR_INPUT,
                     "can't parse entities: Unmatched end tag at byte offset %zu, expected \"</%s>\", found \"</%.*s>\"", from,
                     open->tag, (int)name, start);
  }
  if (strcmp(open->tag, "pre") == 0) merge_code(reader, open);
  markup_reader_close(reader, open);
  (*depth)--;
  reader->at = (size_t)(end - reader->text) + 1;
  return true;
}

bool markup_read_html(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct markup_reader reader = {text, size, 0, plain, list, error};
  struct markup_open stack[MARKUP_DEPTH_MAX];
  size_t depth = 0;
  bool ok = true;
  while (ok && reader.at < size) {
    char c = text[reader.at];
    if (c == '&')
      ok = put_reference(&reader);
    else if (c == '<')
      ok = text[reader.at + 1] == '/' ? end_tag(&reader, stack, &depth) : begin_tag(&reader, stack, &depth);
    else
      ok = markup_reader_put(&reader, &text[reader.at++], 1);
  }
  if (ok && depth)
    ok = error_set(error, ERROR_INPUT, "can't parse entities: Can't find end tag corresponding to start tag \"%s\"",
                   stack[depth - 1].tag);
  markup_reader_release(stack, depth);
  return ok;
}
