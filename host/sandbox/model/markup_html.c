/* HTML: Telegram's tags, their attributes, and character references. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/link.h"
#include "sandbox/model/markup.h"
#include "sandbox/model/markup_reader.h"

/* The attribute is the one whose value counts. */
static const struct {
  const char *tag, *attribute;
  enum entity_type type;
} tags[] = {{"a", "href", ENTITY_TEXT_LINK},
            {"b", NULL, ENTITY_BOLD},
            {"strong", NULL, ENTITY_BOLD},
            {"i", NULL, ENTITY_ITALIC},
            {"em", NULL, ENTITY_ITALIC},
            {"s", NULL, ENTITY_STRIKETHROUGH},
            {"strike", NULL, ENTITY_STRIKETHROUGH},
            {"del", NULL, ENTITY_STRIKETHROUGH},
            {"u", NULL, ENTITY_UNDERLINE},
            {"ins", NULL, ENTITY_UNDERLINE},
            {"tg-spoiler", NULL, ENTITY_SPOILER},
            {"span", "class", ENTITY_SPOILER},
            {"tg-emoji", "emoji-id", ENTITY_CUSTOM_EMOJI},
            {"tg-time", "format", ENTITY_DATE_TIME},
            {"pre", NULL, ENTITY_PRE},
            {"code", "class", ENTITY_CODE},
            {"blockquote", "expandable", ENTITY_BLOCKQUOTE}};

struct html {
  struct markup_reader reader;
  bool has_surrogate; /* a character reference has named half a character */
};

/* ---- characters ---- */

/* The character that a reference (&lt;, &#60;) at *at stands for, and *at behind it. 0: it is none. */
static uint32_t read_reference(const char **at) {
  static const struct {
    const char *name;
    char character;
  } names[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}};
  const char *begin = *at + 1, *end = begin;
  uint32_t code = 0;
  if (*begin == '#') {
    bool is_hex = begin[1] == 'x';
    for (end += is_hex ? 2 : 1; is_hex ? isxdigit((unsigned char)*end) : isdigit((unsigned char)*end); end++) {
      unsigned digit = isdigit((unsigned char)*end) ? (unsigned)(*end - '0') : (unsigned)(tolower(*end) - 'a') + 10;
      code = code * (is_hex ? 16 : 10) + digit;
    }
    if (code >= 0x10FFFF || end - *at >= 10) code = 0;
  } else {
    while (isalpha((unsigned char)*end)) end++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      size_t size = strlen(names[i].name);
      if ((size_t)(end - begin) == size && strncmp(begin, names[i].name, size) == 0) code = (unsigned char)names[i].character;
    }
  }
  if (code) *at = end + (*end == ';');
  return code;
}

/* Half a character is noted, and refused when all else has been read. */
static bool put_reference(struct html *html) {
  struct markup_reader *reader = &html->reader;
  const char *at = reader->text + reader->at;
  char utf8[4];
  uint32_t code = read_reference(&at);
  if (!code) return markup_reader_copy(reader);
  if (code >= 0xD800 && code <= 0xDFFF) html->has_surrogate = true;
  reader->at = (size_t)(at - reader->text);
  return markup_reader_put(reader, utf8, character_write(utf8, code));
}

/* ---- start tags ---- */

static bool fail_tag(struct html *html, const char *what, const char *tag, size_t from) {
  return error_set(html->reader.error, ERROR_INPUT, "%s \"%s\" at byte offset %zu", what, tag, from);
}

static bool fail_unclosed(struct html *html, size_t from) {
  return error_set(html->reader.error, ERROR_INPUT, "Unclosed start tag at byte offset %zu", from);
}

static void skip_blanks(struct markup_reader *reader) {
  while (reader->text[reader->at] && character_is_blank(reader->text[reader->at])) reader->at++;
}

/* A value in quotes, in which references are read. The reader moves behind it. */
static bool read_quoted(struct markup_reader *reader, struct buffer *value) {
  char quote = reader->text[reader->at++], utf8[4];
  bool ok = true;
  while (ok && reader->text[reader->at] && reader->text[reader->at] != quote) {
    const char *at = reader->text + reader->at;
    uint32_t code = *at == '&' ? read_reference(&at) : 0;
    if (code) {
      ok = buffer_add(value, utf8, character_write(utf8, code), reader->error);
      reader->at = (size_t)(at - reader->text);
    } else {
      ok = buffer_add(value, reader->text + reader->at++, 1, reader->error);
    }
  }
  if (reader->text[reader->at] == quote) reader->at++;
  return ok;
}

/* A value without quotes: letters, digits, periods and hyphens, in any case. */
static bool read_token(struct markup_reader *reader, struct buffer *value) {
  size_t from = reader->at;
  const char *text = reader->text;
  for (; character_is_alphanumeric(text[reader->at]) || text[reader->at] == '.' || text[reader->at] == '-'; reader->at++) {
    char c = (char)tolower(text[reader->at]);
    if (!buffer_add(value, &c, 1, reader->error)) return false;
  }
  return character_is_blank(text[reader->at]) || text[reader->at] == '>' ||
         error_set(reader->error, ERROR_INPUT, "Unexpected end of name token at byte offset %zu", from);
}

static bool is_named(const char *name, size_t size, const char *expected) {
  return expected && strlen(expected) == size && strncmp(name, expected, size) == 0;
}

static void replace(char **argument, const char *value, size_t size) {
  free(*argument);
  *argument = strndup(value, size);
}

static void use_attribute(struct markup_open *open, const char *attribute, const char *name, size_t name_size,
                          const struct buffer *value) {
  const char *text = value->data ? value->data : "", *prefix = "";
  if (strcmp(open->tag, "tg-time") == 0 && is_named(name, name_size, "unix")) open->unix_time = (int32_t)strtol(text, NULL, 10);
  if (!is_named(name, name_size, attribute)) return;
  if (strcmp(open->tag, "blockquote") == 0) open->is_expandable = true;
  if (strcmp(open->tag, "code") == 0) prefix = "language-";
  if (strcmp(open->tag, "span") == 0) prefix = "tg-";
  if (strncmp(text, prefix, strlen(prefix)) == 0)
    replace(&open->argument, text + strlen(prefix), strlen(text + strlen(prefix)));
}

static bool read_value(struct html *html, struct markup_open *open, struct buffer *value) {
  struct markup_reader *reader = &html->reader;
  reader->at++;
  skip_blanks(reader);
  char c = reader->text[reader->at];
  if (!c) return fail_tag(html, "Unclosed start tag", open->tag, open->from);
  bool ok = c == '"' || c == '\'' ? read_quoted(reader, value) : read_token(reader, value);
  return ok && (reader->text[reader->at] || fail_unclosed(html, open->from));
}

/* Reads `name`, `name=value` or `name="value"`. */
static bool read_attribute(struct html *html, struct markup_open *open, const char *attribute) {
  struct markup_reader *reader = &html->reader;
  const char *name = reader->text + reader->at, *end = name;
  while (!character_is_blank(*end) && !strchr("=>/\"'", *end)) end++;
  size_t size = (size_t)(end - name);
  if (!size) return fail_tag(html, "Empty attribute name in the tag", open->tag, open->from);
  reader->at += size;
  skip_blanks(reader);
  char c = reader->text[reader->at];
  if (!c) return fail_tag(html, "Unclosed start tag", open->tag, open->from);
  struct buffer value;
  buffer_init(&value, JSON_WRITE_CEILING);
  bool ok = c != '=' || read_value(html, open, &value);
  bool counts = c == '=' || strcmp(open->tag, "blockquote") == 0;
  if (ok && counts) use_attribute(open, attribute, name, size, &value);
  buffer_release(&value);
  return ok;
}

static bool read_attributes(struct html *html, struct markup_open *open, const char *attribute) {
  struct markup_reader *reader = &html->reader;
  for (;;) {
    skip_blanks(reader);
    if (reader->text[reader->at] == '>') break;
    if (!read_attribute(html, open, attribute)) return false;
  }
  reader->at++;
  bool is_spoiler = open->argument && strcmp(open->argument, "spoiler") == 0;
  return strcmp(open->tag, "span") != 0 || is_spoiler ||
         error_set(reader->error, ERROR_INPUT, "Tag \"span\" must have class \"tg-spoiler\" at byte offset %zu", open->from);
}

static size_t name_size(const char *at) {
  size_t size = 0;
  while (!character_is_blank(at[size]) && at[size] != '>') size++;
  return size;
}

static bool begin_tag(struct html *html) {
  struct markup_reader *reader = &html->reader;
  size_t from = reader->at, size = name_size(reader->text + from + 1), known = 0, count = sizeof tags / sizeof *tags;
  const char *name = reader->text + from + 1;
  if (!name[size]) return fail_unclosed(html, from);
  while (known < count && (strlen(tags[known].tag) != size || strncasecmp(tags[known].tag, name, size) != 0)) known++;
  if (known == count) {
    char lower[128];
    if (size >= sizeof lower) size = sizeof lower - 1;
    for (size_t i = 0; i < size; i++) lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
    lower[size] = '\0';
    return fail_tag(html, "Unsupported start tag", lower, from);
  }
  struct markup_open open = {.tag = tags[known].tag, .type = tags[known].type, .from = from};
  reader->at += 1 + size;
  if (read_attributes(html, &open, tags[known].attribute)) return markup_reader_push(reader, open);
  free(open.argument);
  return false;
}

/* ---- end tags ---- */

/* <pre><code class="language-x">, or the other way round, is one entity with a language. True: the inner one has become it. */
static bool merge_code(struct markup_reader *reader, const struct markup_open *open) {
  struct entity_list *list = reader->list;
  struct entity *inner = list->count ? &list->items[list->count - 1] : NULL;
  if (!inner || inner->offset != open->offset || inner->length != reader->units - open->offset) return false;
  bool is_outer_pre = open->type == ENTITY_PRE && inner->type == ENTITY_CODE && inner->extra;
  bool is_outer_code = open->type == ENTITY_CODE && inner->type == ENTITY_PRE && open->argument && *open->argument;
  if (is_outer_code) inner->extra = markup_reader_language_member(open->argument);
  if (is_outer_pre || is_outer_code) inner->type = ENTITY_PRE_CODE;
  return is_outer_pre || is_outer_code;
}

/* A <code> keeps its language until a <pre> around it ends. */
static void close_code(struct markup_reader *reader, const struct markup_open *open) {
  if (merge_code(reader, open)) return;
  bool has_language = open->argument && *open->argument;
  markup_reader_close(reader, open, open->type, has_language ? markup_reader_language_member(open->argument) : NULL);
}

static bool close_emoji(struct markup_reader *reader, const struct markup_open *open) {
  const char *text = open->argument ? open->argument : "";
  char *end;
  long long id = strtoll(text, &end, 10);
  if (!id || *end) return error_set(reader->error, ERROR_INPUT, "Invalid custom emoji identifier specified");
  markup_reader_close(reader, open, ENTITY_CUSTOM_EMOJI, entity_list_member("custom_emoji_id", text, strlen(text)));
  return true;
}

static bool close_date(struct markup_reader *reader, const struct markup_open *open) {
  const char *format = open->argument ? open->argument : "";
  char *members = link_date_members(open->unix_time, format, strlen(format));
  if (!members) return error_set(reader->error, ERROR_INPUT, "Invalid date format used");
  if (open->unix_time > 0)
    markup_reader_close(reader, open, ENTITY_DATE_TIME, members);
  else
    free(members);
  return true;
}

static bool close_tag(struct markup_reader *reader, const struct markup_open *open) {
  const char *url = open->argument ? open->argument : "";
  if (reader->units == open->offset) return true;
  switch (open->type) {
    case ENTITY_TEXT_LINK: markup_reader_close_link(reader, open, url, strlen(url)); return true;
    case ENTITY_CODE:
    case ENTITY_PRE: close_code(reader, open); return true;
    case ENTITY_CUSTOM_EMOJI: return close_emoji(reader, open);
    case ENTITY_DATE_TIME: return close_date(reader, open);
    case ENTITY_BLOCKQUOTE:
      markup_reader_close(reader, open, open->is_expandable ? ENTITY_EXPANDABLE_BLOCKQUOTE : ENTITY_BLOCKQUOTE, NULL);
      return true;
    default: markup_reader_close(reader, open, open->type, NULL); return true;
  }
}

/* An end tag without a name ends whatever is open. */
static bool end_tag(struct html *html) {
  struct markup_reader *reader = &html->reader;
  const struct markup_open *open = markup_reader_top(reader);
  size_t from = reader->at, size = name_size(reader->text + from + 2);
  const char *name = reader->text + from + 2;
  if (!open) return error_set(reader->error, ERROR_INPUT, "Unexpected end tag at byte offset %zu", from);
  reader->at += 2 + size;
  skip_blanks(reader);
  if (reader->text[reader->at] != '>')
    return error_set(reader->error, ERROR_INPUT, "Unclosed end tag at byte offset %zu", from);
  reader->at++;
  if (size && (strlen(open->tag) != size || strncasecmp(open->tag, name, size) != 0)) {
    return error_set(reader->error, ERROR_INPUT, "Unmatched end tag at byte offset %zu, expected \"</%s>\", found \"</%.*s>\"",
                     from, open->tag, size > 128 ? 128 : (int)size, name);
  }
  bool ok = close_tag(reader, open);
  markup_reader_pop(reader);
  return ok;
}

/* ---- all of it ---- */

static void forget_languages(struct entity_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    if (list->items[i].type != ENTITY_CODE) continue;
    free(list->items[i].extra);
    list->items[i].extra = NULL;
  }
}

static bool end_text(struct html *html) {
  struct markup_reader *reader = &html->reader;
  if (reader->depth)
    return error_set(reader->error, ERROR_INPUT, "Can't find end tag corresponding to start tag \"%s\"",
                     markup_reader_top(reader)->tag);
  return !html->has_surrogate ||
         error_set(reader->error, ERROR_INPUT,
                   "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate "
                   "code units");
}

bool markup_read_html(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  struct html html = {0};
  struct markup_reader *reader = &html.reader;
  bool ok = true;
  markup_reader_init(reader, text, size, plain, list, error);
  while (ok && reader->at < size) {
    char c = text[reader->at];
    if (c == '&')
      ok = put_reference(&html);
    else if (c == '<')
      ok = text[reader->at + 1] == '/' ? end_tag(&html) : begin_tag(&html);
    else
      ok = markup_reader_copy(reader);
  }
  if (ok) ok = end_text(&html);
  forget_languages(list);
  entity_list_sort(list);
  markup_reader_release(reader);
  return ok;
}
