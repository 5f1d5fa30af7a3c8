#define _GNU_SOURCE /* memrchr */
#include "sandbox/model/entity_detect.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "sandbox/model/entity_list.h"

static bool is_word(unsigned char c) { return isalnum(c) || c == '_' || c >= 0x80; }
static bool is_name(unsigned char c) { return c < 0x80 && (isalnum(c) || c == '_'); }

static size_t run_of(const char *text, size_t size, size_t from, bool (*is)(unsigned char)) {
  size_t at = from;
  while (at < size && is((unsigned char)text[at])) at++;
  return at - from;
}

/* Each of the following functions returns the end of the entity that begins at `at`, or `at` where none begins. */
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
  if (strspn(text + at + 1, "0123456789_") >= name) return at; /* digits alone are no hashtag */
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
  while (end > from && strchr(".,:;!?')]", text[end - 1])) end--; /* they belong to the sentence, not to the address */
  return end;
}

/* An address begins with a scheme, or is a bare host name with a common top-level domain. */
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

void entity_detect(const struct buffer *text, struct entity_list *list) {
  if (!text->size || !strpbrk(text->data, "/@#$.")) return; /* true of most texts, which are done with here */
  size_t given = list->count;
  for (size_t at = 0, end; at < text->size; at++) {
    const char *type = find_at(text->data, text->size, at, &end);
    if (!type) continue;
    if (!is_covered(list, given, at, end)) entity_list_add(list, type, at, end, NULL);
    at = end - 1;
  }
}
