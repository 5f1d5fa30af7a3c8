/* The three markups, each read once from left to right with a stack of what is open. Byte offsets in errors are those of the
 * text with its markup, as Telegram reports them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/entity_list.h"
#include "sandbox/write.h"

#define DEPTH_MAX 64 /* deeper nesting has no meaning: every type may be open once */

struct reader {
  const char *text;
  size_t size, at;
  struct buffer *plain;
  struct entity_list *list;
  struct error *error;
};

struct open {
  const char *type; /* of the entity; NULL: a tag without one */
  char tag[16];     /* HTML's name */
  size_t from;      /* in the text */
  size_t begin;     /* in the plain text */
  char *extra;      /* ours */
};

static bool put(struct reader *reader, const char *data, size_t size) {
  return buffer_add(reader->plain, data, size, reader->error);
}

static char *member(const char *name, const char *value, size_t size) {
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL, ",\"%s\":", name);
  write_string(&json, value, size);
  return buffer_take(&json, NULL);
}

static void close_open(struct reader *reader, struct open *open) {
  if (open->type)
    entity_list_add(reader->list, open->type, open->begin, reader->plain->size, open->extra);
  else
    free(open->extra);
  open->extra = NULL;
}

static void release(struct open *stack, size_t depth) {
  while (depth) free(stack[--depth].extra);
}

/* A link of a person becomes a mention only where Telegram knows them; here it stays a link. */
static char *link_extra(const char *address, size_t size) {
  if (size && !memchr(address, ':', size)) { /* Telegram completes an address without a scheme */
    struct buffer whole;
    buffer_init(&whole, WRITE_CEILING);
    write_text(&whole, "http://");
    (void)buffer_add(&whole, address, size, NULL);
    char *extra = member("url", whole.data, whole.size);
    buffer_release(&whole);
    return extra;
  }
  return member("url", address, size);
}

/* ---- HTML ---- */

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

/* The character that an HTML entity stands for; an ampersand that begins none stands for itself. */
static bool put_reference(struct reader *reader) {
  static const struct {
    const char *name, *text;
  } names[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}};
  const char *at = reader->text + reader->at;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strncmp(at, names[i].name, strlen(names[i].name)) != 0) continue;
    reader->at += strlen(names[i].name);
    return put(reader, names[i].text, 1);
  }
  bool is_hex = at[1] == '#' && at[2] == 'x';
  char *end, utf8[4];
  unsigned long code =
      at[1] == '#' && isxdigit((unsigned char)at[is_hex ? 3 : 2]) ? strtoul(at + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10) : 0;
  if (!code || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    reader->at++;
    return put(reader, "&", 1);
  }
  reader->at = (size_t)(end - reader->text) + (*end == ';');
  return put(reader, utf8, put_utf8(utf8, code));
}

/* The value of an attribute within the tag that ends at `end`; NULL: it is not there. */
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

static void read_attributes(const char *tag, const char *end, struct open *open) {
  size_t size;
  const char *value;
  if (!open->type) return;
  if (strcmp(open->type, "text_link") == 0) {
    value = attribute(tag, end, "href", &size);
    if (value && size)
      open->extra = link_extra(value, size);
    else
      open->type = NULL; /* what it links to is its own text: Telegram finds that by itself */
  } else if (strcmp(open->type, "custom_emoji") == 0) {
    value = attribute(tag, end, "emoji-id", &size);
    if (value) open->extra = member("custom_emoji_id", value, size);
  } else if (strcmp(open->type, "blockquote") == 0 && attribute(tag, end, "expandable", &size)) {
    open->type = "expandable_blockquote";
  } else if (strcmp(open->tag, "code") == 0) {
    value = attribute(tag, end, "class", &size);
    if (value && size > 9 && strncmp(value, "language-", 9) == 0) open->extra = member("language", value + 9, size - 9);
  }
}

static bool begin_tag(struct reader *reader, struct open *stack, size_t *depth) {
  const char *start = reader->text + reader->at + 1, *end = memchr(start, '>', reader->size - reader->at - 1);
  size_t name = strcspn(start, " \n\t>"), from = reader->at;
  struct open open = {.from = from, .begin = reader->plain->size};
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
  if (*depth == DEPTH_MAX) return error_set(reader->error, ERROR_INPUT, "can't parse entities: too many nested tags");
  open.type = tags[known].type;
  read_attributes(start, end, &open);
  stack[(*depth)++] = open;
  reader->at = (size_t)(end - reader->text) + 1;
  return true;
}

/* <pre><code class="language-x"> is one entity with a language. */
static void merge_code(struct reader *reader, struct open *pre) {
  struct entity *code = reader->list->count ? &reader->list->items[reader->list->count - 1] : NULL;
  if (!code || strcmp(code->type, "code") != 0 || code->begin != pre->begin || code->end != reader->plain->size) return;
  pre->extra = code->extra;
  reader->list->count--;
}

static bool end_tag(struct reader *reader, struct open *stack, size_t *depth) {
  const char *start = reader->text + reader->at + 2, *end = memchr(start, '>', reader->size - reader->at - 2);
  size_t from = reader->at, name = end ? (size_t)(end - start) : 0;
  if (!end) return error_set(reader->error, ERROR_INPUT, "can't parse entities: Unclosed end tag at byte offset %zu", from);
  if (!*depth)
    return error_set(reader->error, ERROR_INPUT, "can't parse entities: Unexpected end tag at byte offset %zu", from);
  struct open *open = &stack[*depth - 1];
  while (name && isspace((unsigned char)start[name - 1])) name--;
  if (name && (strlen(open->tag) != name || strncasecmp(open->tag, start, name) != 0)) {
    return error_set(reader->error, ERROR_INPUT,
                     "can't parse entities: Unmatched end tag at byte offset %zu, expected \"</%s>\", found \"</%.*s>\"", from,
                     open->tag, (int)name, start);
  }
  if (strcmp(open->tag, "pre") == 0) merge_code(reader, open);
  close_open(reader, open);
  (*depth)--;
  reader->at = (size_t)(end - reader->text) + 1;
  return true;
}

bool markup_read_html(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct reader reader = {text, size, 0, plain, list, error};
  struct open stack[DEPTH_MAX];
  size_t depth = 0;
  bool ok = true;
  while (ok && reader.at < size) {
    char c = text[reader.at];
    if (c == '&')
      ok = put_reference(&reader);
    else if (c == '<')
      ok = text[reader.at + 1] == '/' ? end_tag(&reader, stack, &depth) : begin_tag(&reader, stack, &depth);
    else
      ok = put(&reader, &text[reader.at++], 1);
  }
  if (ok && depth)
    ok = error_set(error, ERROR_INPUT, "can't parse entities: Can't find end tag corresponding to start tag \"%s\"",
                   stack[depth - 1].tag);
  release(stack, depth);
  return ok;
}

/* ---- what both Markdowns have: code, and links ---- */

/* ```language\ncode``` or `code`. False with nothing set: it has no end. */
static bool read_code(struct reader *reader, bool has_escapes, bool *is_closed) {
  size_t fence = strncmp(reader->text + reader->at, "```", 3) == 0 ? 3 : 1;
  size_t begin = reader->plain->size, at = reader->at + fence;
  char *extra = NULL;
  if (fence == 3) {
    size_t language = strcspn(reader->text + at, " \t\n`");
    if (language && reader->text[at + language] == '\n') {
      extra = member("language", reader->text + at, language);
      at += language;
    }
    if (reader->text[at] == '\n') at++;
  }
  bool ok = true;
  while (ok && at < reader->size && strncmp(reader->text + at, "```", fence) != 0) {
    if (has_escapes && reader->text[at] == '\\' && at + 1 < reader->size) at++;
    ok = put(reader, reader->text + at++, 1);
  }
  *is_closed = at < reader->size;
  if (!ok || !*is_closed) return free(extra), ok;
  reader->at = at + fence;
  entity_list_add(reader->list, fence == 3 ? "pre" : "code", begin, reader->plain->size, extra);
  return true;
}

/* After a ']' : the address in parentheses, or false. */
static bool read_address(struct reader *reader, struct buffer *address, bool has_escapes) {
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

static bool close_link(struct reader *reader, struct open *open, bool has_escapes) {
  struct buffer address;
  buffer_init(&address, WRITE_CEILING);
  reader->at++;
  bool ok = read_address(reader, &address, has_escapes);
  if (!ok || !address.size)
    open->type = NULL;
  else if (strcmp(open->type, "custom_emoji") == 0) {
    const char *id = strstr(address.data, "id=");
    open->extra = member("custom_emoji_id", id ? id + 3 : "", id ? strlen(id + 3) : 0);
  } else {
    open->extra = link_extra(address.data, address.size);
  }
  close_open(reader, open);
  buffer_release(&address);
  return ok;
}

/* ---- Markdown, the old one: no nesting, no escapes but before its own characters ---- */

static bool read_span(struct reader *reader, char mark, size_t from) {
  struct open open = {.type = mark == '*' ? "bold" : mark == '_' ? "italic" : "text_link", .begin = reader->plain->size};
  char closing = mark == '[' ? ']' : mark;
  reader->at++;
  while (reader->at < reader->size && reader->text[reader->at] != closing) {
    if (!put(reader, reader->text + reader->at++, 1)) return false;
  }
  if (reader->at >= reader->size) {
    return error_set(reader->error, ERROR_INPUT,
                     "can't parse entities: Can't find end of the entity starting at byte offset %zu", from);
  }
  if (mark == '[') return (void)close_link(reader, &open, false), true;
  reader->at++;
  close_open(reader, &open);
  return true;
}

bool markup_read_markdown(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct reader reader = {text, size, 0, plain, list, error};
  bool ok = true, is_closed = true;
  while (ok && reader.at < size) {
    size_t from = reader.at;
    char c = text[from];
    if (c == '\\' && from + 1 < size && strchr("_*`[", text[from + 1])) {
      reader.at += 2;
      ok = put(&reader, &text[from + 1], 1);
    } else if (c == '`') {
      ok = read_code(&reader, false, &is_closed);
      if (ok && !is_closed)
        ok = error_set(error, ERROR_INPUT, "can't parse entities: Can't find end of the entity starting at byte offset %zu",
                       from);
    } else if (strchr("*_[", c)) {
      ok = read_span(&reader, c, from);
    } else {
      reader.at++;
      ok = put(&reader, &text[from], 1);
    }
  }
  return ok;
}

/* ---- MarkdownV2 ---- */

static const struct {
  const char *mark, *type, *name; /* the longer marks first; name: as errors call it */
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

static bool no_end(struct reader *reader, const char *name, size_t from) {
  return error_set(reader->error, ERROR_INPUT, "can't parse entities: Can't find end of %s entity at byte offset %zu", name,
                   from);
}

static bool push(struct reader *reader, struct open *stack, size_t *depth, const char *type, size_t mark_size) {
  if (*depth == DEPTH_MAX) return error_set(reader->error, ERROR_INPUT, "can't parse entities: too many nested entities");
  stack[(*depth)++] = (struct open){.type = type, .from = reader->at, .begin = reader->plain->size};
  reader->at += mark_size;
  return true;
}

/* A mark closes what was opened last, if it is the same; else it opens. */
static bool read_mark(struct reader *reader, struct open *stack, size_t *depth, bool *is_mark) {
  const char *at = reader->text + reader->at;
  *is_mark = true;
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    size_t size = strlen(marks[i].mark);
    if (strncmp(at, marks[i].mark, size) != 0) continue;
    bool closes = *depth && stack[*depth - 1].type == marks[i].type;
    if (i == 0 && *depth && strcmp(stack[*depth - 1].type, "italic") == 0) continue; /* "___": the single one closes first */
    if (!closes) return push(reader, stack, depth, marks[i].type, size);
    close_open(reader, &stack[--*depth]);
    reader->at += size;
    return true;
  }
  *is_mark = false;
  return true;
}

/* '>' at the beginning of a line quotes it and the quoted lines after it. */
static void read_quote(struct reader *reader, struct open *quote) {
  bool is_line_start = reader->at == 0 || reader->text[reader->at - 1] == '\n';
  if (!is_line_start) return;
  if (reader->text[reader->at] == '>') {
    if (!quote->type) *quote = (struct open){.type = "blockquote", .from = reader->at, .begin = reader->plain->size};
    reader->at++;
  } else if (quote->type) {
    close_open(reader, quote);
    quote->type = NULL;
  }
}

static bool is_expandable_end(const struct reader *reader) {
  const char *at = reader->text + reader->at;
  return strncmp(at, "||", 2) == 0 && (at[2] == '\n' || !at[2]);
}

static bool read_character2(struct reader *reader, struct open *stack, size_t *depth, struct open *quote) {
  size_t from = reader->at;
  char c = reader->text[from];
  bool is_mark, is_closed, is_emoji = strncmp(reader->text + from, "![", 2) == 0;
  if (c == '\\' && from + 1 < reader->size && (unsigned char)reader->text[from + 1] < 0x80) {
    reader->at += 2;
    return put(reader, reader->text + from + 1, 1);
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
  return put(reader, reader->text + from, 1);
}

bool markup_read_markdown2(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct reader reader = {text, size, 0, plain, list, error};
  struct open stack[DEPTH_MAX], quote = {0};
  size_t depth = 0;
  bool ok = true;
  while (ok && reader.at < size) {
    read_quote(&reader, &quote);
    if (reader.at < size) ok = read_character2(&reader, stack, &depth, &quote);
  }
  if (ok && depth) ok = no_end(&reader, name_of(stack[depth - 1].type), stack[depth - 1].from);
  if (ok && quote.type) close_open(&reader, &quote);
  release(stack, depth);
  return ok;
}
