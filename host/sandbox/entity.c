/* The way of a text: cleaned, its markup taken out, trimmed, searched for what Telegram finds by itself, and only then are byte
 * offsets counted into UTF-16 units. */
#define _GNU_SOURCE
#include "sandbox/entity.h"

#include <ctype.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/entity_list.h"
#include "sandbox/write.h"

#define ENTITY_MAX 100 /* of a message; more are not shown */

void entity_list_add(struct entity_list *list, const char *type, size_t begin, size_t end, char *extra) {
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 8;
    struct entity *items = memory_try_resize(list->items, capacity * sizeof *items);
    if (!items) {
      free(extra);
      return;
    }
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count] = (struct entity){begin, end, type, extra, (unsigned)list->count};
  list->count++;
}

void entity_list_release(struct entity_list *list) {
  for (size_t i = 0; i < list->count; i++) free(list->items[i].extra);
  free(list->items);
  *list = (struct entity_list){0};
}

/* ---- cleaning ---- */

/* The length of the UTF-8 character at `at`, or 0 where it is broken. */
static size_t character_size(const unsigned char *at, const unsigned char *end) {
  if (at[0] < 0x80) return 1;
  size_t size = at[0] >= 0xF5 ? 0 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 0;
  if (!size || (size_t)(end - at) < size) return 0;
  for (size_t i = 1; i < size; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  bool is_surrogate = at[0] == 0xED && at[1] >= 0xA0;
  bool is_long = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] >= 0x90);
  return is_surrogate || is_long ? 0 : size;
}

/* Directional overrides and the like, which Telegram takes out: U+2028 to U+202E. */
static bool is_dropped(const unsigned char *at, size_t size) {
  return (size == 1 && *at == '\r') || (size == 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE);
}

static bool clean(const char *text, size_t size, struct buffer *cleaned, struct error *error) {
  if (!buffer_reserve(cleaned, size, error)) return false;
  const unsigned char *at = (const unsigned char *)text, *end = at + size;
  char *to = cleaned->data;
  while (at < end) {
    size_t step = character_size(at, end);
    if (!step) return error_set(error, ERROR_INPUT, "strings must be encoded in UTF-8");
    if (step == 1 && *at < 0x20 && *at != '\n' && *at != '\r') {
      *to++ = ' ';
    } else if (!is_dropped(at, step)) {
      memcpy(to, at, step);
      to += step;
    }
    at += step;
  }
  cleaned->size = (size_t)(to - cleaned->data);
  *to = '\0';
  return true;
}

static bool is_space(char c) { return c == ' ' || c == '\n'; }

/* Entities move with the text, and what lies wholly in the trimmed parts goes. */
static void trim(struct buffer *text, struct entity_list *list) {
  size_t end = text->size, begin = 0;
  while (end > 0 && is_space(text->data[end - 1])) end--;
  while (begin < end && is_space(text->data[begin])) begin++;
  if (begin) memmove(text->data, text->data + begin, end - begin);
  text->size = end - begin;
  if (text->data) text->data[text->size] = '\0';
  for (size_t i = 0; i < list->count; i++) {
    struct entity *entity = &list->items[i];
    entity->begin = entity->begin < begin ? 0 : entity->begin > end ? end - begin : entity->begin - begin;
    entity->end = entity->end < begin ? 0 : entity->end > end ? end - begin : entity->end - begin;
  }
}

/* ---- what Telegram finds by itself ---- */

static bool is_word(unsigned char c) { return isalnum(c) || c == '_' || c >= 0x80; }
static bool is_name(unsigned char c) { return c < 0x80 && (isalnum(c) || c == '_'); }

static size_t run_of(const char *text, size_t size, size_t from, bool (*is)(unsigned char)) {
  size_t at = from;
  while (at < size && is((unsigned char)text[at])) at++;
  return at - from;
}

/* Each of these returns the end of the thing that begins at `at`, or `at` where there is none. */
static size_t command_end(const char *text, size_t size, size_t at) {
  if (at && (is_word((unsigned char)text[at - 1]) || strchr("/<>", text[at - 1]))) return at;
  size_t name = run_of(text, size, at + 1, is_name), end = at + 1 + name;
  if (name < 1 || name > 64) return at;
  if (end < size && text[end] == '@') {
    size_t bot = run_of(text, size, end + 1, is_name);
    if (bot >= 3 && bot <= 32) end += 1 + bot;
  }
  bool is_cut = end < size && (is_word((unsigned char)text[end]) || strchr("/<>", text[end]));
  return is_cut ? at : end;
}

static size_t mention_end(const char *text, size_t size, size_t at) {
  if (at && is_word((unsigned char)text[at - 1])) return at;
  size_t name = run_of(text, size, at + 1, is_name), end = at + 1 + name;
  return name < 3 || name > 32 || (end < size && is_word((unsigned char)text[end])) ? at : end;
}

static size_t tag_end(const char *text, size_t size, size_t at) {
  if (at && is_word((unsigned char)text[at - 1])) return at;
  size_t name = run_of(text, size, at + 1, is_word);
  if (strspn(text + at + 1, "0123456789_") >= name) return at; /* a number is no tag */
  return at + 1 + name;
}

static size_t cashtag_end(const char *text, size_t size, size_t at) {
  size_t letters = strspn(text + at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), end = at + 1 + letters;
  bool is_free = (!at || !is_word((unsigned char)text[at - 1])) && (end >= size || !is_word((unsigned char)text[end]));
  return is_free && letters >= 1 && letters <= 8 ? end : at;
}

static bool is_address(unsigned char c) { return c > ' ' && !strchr("<>\"`", c); }

static size_t link_end(const char *text, size_t size, size_t from) {
  size_t end = from + run_of(text, size, from, is_address);
  while (end > from && strchr(".,:;!?')]", text[end - 1])) end--; /* the sentence's, not the address's */
  return end;
}

/* A scheme, or a bare name with a common ending. */
static size_t url_end(const char *text, size_t size, size_t at) {
  static const char *const schemes[] = {"http://", "https://", "tg://", "ftp://"};
  static const char *const endings[] = {"com", "org", "net", "ru", "me", "io", "dev", "info", "de", "eu", "uk", "app"};
  if (at && is_word((unsigned char)text[at - 1])) return at;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t length = strlen(schemes[i]);
    if (strncasecmp(text + at, schemes[i], length) != 0) continue;
    size_t end = link_end(text, size, at + length);
    return end > at + length ? end : at;
  }
  size_t host = strspn(text + at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
  while (host && text[at + host - 1] == '.') host--;
  const char *dot = memrchr(text + at, '.', host);
  if (!dot || dot == text + at) return at;
  size_t ending = host - (size_t)(dot + 1 - (text + at));
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    if (strlen(endings[i]) != ending || strncasecmp(dot + 1, endings[i], ending) != 0) continue;
    size_t end = at + host;
    if (end < size && is_word((unsigned char)text[end])) return at;
    return end < size && strchr("/?#:", text[end]) ? link_end(text, size, at) : end;
  }
  return at;
}

static size_t email_end(const char *text, size_t size, size_t at) {
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
  if (at && strchr(allowed, text[at - 1])) return at;
  size_t name = strspn(text + at, allowed);
  if (!name || at + name >= size || text[at + name] != '@') return at;
  size_t host = at + name + 1, end = host + strspn(text + host, allowed);
  while (end > host && strchr("._+-", text[end - 1])) end--;
  const char *dot = memchr(text + host, '.', end - host);
  return dot && dot > text + host && end - (size_t)(dot - text) > 2 ? end : at;
}

static const char *find_at(const char *text, size_t size, size_t at, size_t *end) {
  switch (text[at]) {
    case '/': return (*end = command_end(text, size, at)) > at ? "bot_command" : NULL;
    case '@': return (*end = mention_end(text, size, at)) > at ? "mention" : NULL;
    case '#': return (*end = tag_end(text, size, at)) > at ? "hashtag" : NULL;
    case '$': return (*end = cashtag_end(text, size, at)) > at ? "cashtag" : NULL;
    default: break;
  }
  if (!isalnum((unsigned char)text[at])) return NULL;
  if ((*end = email_end(text, size, at)) > at) return "email";
  return (*end = url_end(text, size, at)) > at ? "url" : NULL;
}

static bool is_covered(const struct entity_list *list, size_t count, size_t begin, size_t end) {
  static const char *const closed[] = {"code",    "pre",     "text_link", "text_mention", "url",
                                       "mention", "hashtag", "cashtag",   "bot_command",  "email"};
  for (size_t i = 0; i < count; i++) {
    if (list->items[i].begin >= end || list->items[i].end <= begin) continue;
    for (size_t k = 0; k < sizeof closed / sizeof *closed; k++) {
      if (strcmp(list->items[i].type, closed[k]) == 0) return true;
    }
  }
  return false;
}

static void detect(const struct buffer *text, struct entity_list *list) {
  if (!text->size || !strpbrk(text->data, "/@#$.")) return; /* most texts, at once */
  size_t given = list->count;
  for (size_t at = 0, end; at < text->size; at++) {
    const char *type = find_at(text->data, text->size, at, &end);
    if (!type) continue;
    if (!is_covered(list, given, at, end)) entity_list_add(list, type, at, end, NULL);
    at = end - 1;
  }
}

/* ---- into JSON ---- */

static int compare(const void *left, const void *right) {
  const struct entity *a = left, *b = right;
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  if (a->end != b->end) return a->end > b->end ? -1 : 1;
  return a->order > b->order ? -1 : a->order < b->order; /* what closed last is around the other */
}

static size_t units_between(const char *text, size_t from, size_t to) {
  size_t units = 0;
  for (size_t i = from; i < to; i++) {
    unsigned char c = (unsigned char)text[i];
    units += (c & 0xC0) != 0x80;
    units += c >= 0xF0;
  }
  return units;
}

static char *dump(struct entity_list *list, const char *text) {
  if (!list->count) return NULL;
  qsort(list->items, list->count, sizeof *list->items, compare);
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  size_t at = 0, offset = 0, written = 0;
  for (size_t i = 0; i < list->count && written < ENTITY_MAX; i++) {
    const struct entity *entity = &list->items[i];
    if (entity->begin >= entity->end) continue;
    offset += units_between(text, at, entity->begin);
    at = entity->begin;
    (void)buffer_format(&json, NULL, "%s{\"offset\":%zu,\"length\":%zu,\"type\":\"%s\"%s}", written++ ? "," : "[", offset,
                        units_between(text, entity->begin, entity->end), entity->type, entity->extra ? entity->extra : "");
  }
  if (written) write_text(&json, "]");
  return buffer_take(&json, NULL);
}

/* ---- entities that the bot has counted itself ---- */

static size_t byte_of_unit(const char *text, size_t size, int64_t unit) {
  size_t at = 0;
  for (int64_t units = 0; at < size && units < unit; at++) {
    units += ((unsigned char)text[at] & 0xC0) != 0x80 ? 1 + ((unsigned char)text[at] >= 0xF0) : 0;
    while (at + 1 < size && ((unsigned char)text[at + 1] & 0xC0) == 0x80) at++;
  }
  return at;
}

static bool add_given(const json_t *given, const struct buffer *text, struct entity_list *list, struct error *error) {
  static const char *const types[] = {
      "bold", "italic", "underline", "strikethrough", "spoiler",     "blockquote", "expandable_blockquote",
      "code", "pre",    "text_link", "text_mention",  "custom_emoji"};
  const json_t *type = json_object_get(given, "type"), *offset = json_object_get(given, "offset"),
               *length = json_object_get(given, "length");
  if (!json_is_object(given)) return error_set(error, ERROR_INPUT, "can't parse MessageEntity: expected an Object");
  if (!type) return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Can't find field \"type\"");
  if (!json_is_string(type))
    return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Field \"type\" must be of type String");
  if (!offset || !length) {
    return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Can't find field \"%s\"", offset ? "length" : "offset");
  }
  if (!json_is_integer(offset) || !json_is_integer(length)) {
    return error_set(error, ERROR_INPUT, "can't parse MessageEntity: Field \"%s\" must be a Number",
                     json_is_integer(offset) ? "length" : "offset");
  }
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(json_string_value(type), types[i]) != 0) continue;
    json_t *extra = json_copy((json_t *)given);
    json_object_del(extra, "type"), json_object_del(extra, "offset"), json_object_del(extra, "length");
    char *members = json_object_size(extra) ? json_dumps(extra, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    if (members) members[0] = ',', members[strlen(members) - 1] = '\0';
    size_t begin = byte_of_unit(text->data, text->size, json_integer_value(offset));
    size_t end = byte_of_unit(text->data, text->size, json_integer_value(offset) + json_integer_value(length));
    entity_list_add(list, types[i], begin, end, members);
    json_decref(extra);
  }
  return true;
}

/* ---- the whole way ---- */

static bool read_markup(const struct buffer *cleaned, const char *mode, struct buffer *plain, struct entity_list *list,
                        struct error *error) {
  const char *data = cleaned->data ? cleaned->data : "";
  if (strcasecmp(mode, "markdown") == 0) return markup_read_markdown(data, cleaned->size, plain, list, error);
  if (strcasecmp(mode, "markdownv2") == 0) return markup_read_markdown2(data, cleaned->size, plain, list, error);
  if (strcasecmp(mode, "html") == 0) return markup_read_html(data, cleaned->size, plain, list, error);
  return error_set(error, ERROR_INPUT, "unsupported parse_mode");
}

bool entity_read(const char *text, size_t size, const char *mode, const struct json_t *entities, struct entity_text *result,
                 struct error *error) {
  bool ok, has_mode = mode && *mode && strcasecmp(mode, "none") != 0;
  struct entity_list list = {0};
  struct buffer cleaned, plain;
  buffer_init(&cleaned, WRITE_CEILING);
  buffer_init(&plain, WRITE_CEILING);
  ok = clean(text, size, &cleaned, error);
  if (ok && has_mode) ok = read_markup(&cleaned, mode, &plain, &list, error);
  struct buffer *final = has_mode ? &plain : &cleaned;
  size_t i;
  json_t *given;
  if (ok && !has_mode) json_array_foreach((json_t *)entities, i, given) ok = ok && add_given(given, &cleaned, &list, error);
  if (ok) ok = buffer_reserve(final, 0, error);
  if (!ok) goto done;
  trim(final, &list);
  detect(final, &list);
  result->entities = dump(&list, final->data);
  result->length = 0;
  for (size_t k = 0; k < final->size; k++) result->length += (final->data[k] & 0xC0) != 0x80;
  result->text = buffer_take(final, &result->size);
done:
  entity_list_release(&list);
  buffer_release(&cleaned);
  buffer_release(&plain);
  return ok;
}

void entity_release(struct entity_text *text) {
  free(text->text);
  free(text->entities);
  *text = (struct entity_text){0};
}
