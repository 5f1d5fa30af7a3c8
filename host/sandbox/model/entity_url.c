/* Finds links and e-mail addresses. Every dot of the text may be within a link: from there the domain is read to both sides,
 * then the path behind it, and the user and the scheme before it. What was read is not looked at again, so that the work is
 * about that of one pass. */
#define _GNU_SOURCE /* memmem */
#include "sandbox/model/entity_url.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/character.h"
#include "common/embed.h"
#include "sandbox/model/entity_list.h"

static const char sentence_ends[] = ".:;,('?!`"; /* they belong to the sentence, not to the address */

/* ---- characters ---- */

static bool is_name(char c) { return character_is_alphanumeric(c) || c == '_' || c == '-'; }

static bool is_in(const char *characters, uint32_t code) { return code && code < 0x80 && strchr(characters, (int)code); }

/* Of general punctuation only the joiners and the dashes. */
static bool is_url_character(uint32_t code) {
  if (code >= 0x2000 && code <= 0x206F) return code == 0x200C || code == 0x200D || (code >= 0x2010 && code <= 0x2015);
  return character_kind(code) != CHARACTER_SPACE;
}

static bool is_path(uint32_t code) { return !is_in("\n<>\"", code) && code != 0xAB && code != 0xBB && is_url_character(code); }

static bool is_user(uint32_t code) {
  return !is_in("\n/[]{}()'`<>\"@", code) && code != 0xAB && code != 0xBB && is_url_character(code);
}

static bool is_domain(uint32_t code) {
  if (code < 0xC0) return code == '.' || code == '~' || (code < 0x80 && is_name((char)code));
  return is_url_character(code);
}

static bool is_scheme(uint32_t code) {
  if (code < 0x80) return character_is_alphanumeric((char)code) || code == '+' || code == '-';
  return character_kind(code) != CHARACTER_SPACE;
}

static const char *back_while(const char *at, const char *begin, bool (*is)(uint32_t code)) {
  uint32_t code;
  while (at > begin) {
    const char *previous = character_previous(at, &code);
    if (!is(code)) break;
    at = previous;
  }
  return at;
}

static const char *forward_while(const char *at, const char *end, bool (*is)(uint32_t code)) {
  uint32_t code;
  while (at < end) {
    const char *next = character_next(at, &code);
    if (!is(code)) break;
    at = next;
  }
  return at;
}

/* The end of the path, query or fragment that begins at `at`; `at` where there is none. */
static const char *path_end(const char *at, const char *end) {
  if (at == end || !strchr("/?#", *at)) return at;
  const char *stop = forward_while(at + 1, end, is_path);
  while (stop > at + 1 && strchr(sentence_ends, stop[-1])) stop--;
  return *at == '/' || stop > at + 1 ? stop : at;
}

/* ---- what may be a link ---- */

struct candidate {
  const char *begin, *end;
  bool is_bad;
};

static const char *port_end(const char *at, const char *end) {
  if (at == end || *at != ':') return at;
  const char *stop = at + 1;
  unsigned long port = 0;
  for (; stop < end && isdigit((unsigned char)*stop); stop++) {
    if (port <= 65535) port = port * 10 + (unsigned long)(*stop - '0');
  }
  return port && port <= 65535 ? stop : at;
}

static bool has_suffix(const char *begin, const char *end, const char *suffix) {
  size_t size = strlen(suffix);
  return (size_t)(end - begin) >= size && strncasecmp(end - size, suffix, size) == 0;
}

static bool is_exactly(const char *begin, const char *end, const char *text) {
  return (size_t)(end - begin) == strlen(text) && has_suffix(begin, end, text);
}

/* A known scheme before "://" belongs to the link, an unknown one spoils it, and so does a letter right before it. */
static void read_scheme(struct candidate *url, const char *begin) {
  uint32_t code;
  if (url->begin == begin) return;
  if (url->begin - begin < 6 || strncmp(url->begin - 3, "://", 3) != 0) {
    (void)character_previous(url->begin, &code);
    enum character_kind kind = character_kind(code);
    url->is_bad =
        url->is_bad || is_in("/#@_", code) || kind == CHARACTER_LETTER || kind == CHARACTER_DIGIT || kind == CHARACTER_NUMBER;
    return;
  }
  const char *stop = url->begin - 3, *from = back_while(stop, begin, is_scheme);
  if (has_suffix(from, stop, "http") && !is_exactly(from, stop, "shttp"))
    url->begin = stop - 4;
  else if (has_suffix(from, stop, "https"))
    url->begin = stop - 5;
  else if (has_suffix(from, stop, "ftp") && !is_exactly(from, stop, "tftp") && !is_exactly(from, stop, "sftp"))
    url->begin = stop - 3;
  else if (has_suffix(from, stop, "tonsite"))
    url->begin = stop - 7;
  else
    url->is_bad = true;
}

static void read_user(struct candidate *url, const char *begin, bool has_at) {
  if (url->begin == begin || url->begin[-1] != '@') return;
  const char *user = back_while(url->begin - 1, begin, is_user);
  if (has_at || user == url->begin - 1) url->is_bad = true;
  url->begin = user;
}

/* The link around the dot, in the text between `begin` and `end`. */
static struct candidate read_around(const char *begin, const char *dot, const char *end) {
  struct candidate url = {.begin = back_while(dot, begin, is_domain)};
  const char *stop = dot, *at_sign = NULL;
  while ((stop = forward_while(stop, end, is_domain)) < end && *stop == '@') at_sign = stop++;
  if (at_sign) url.begin = back_while(url.begin, begin, is_user);
  url.end = path_end(port_end(stop, end), end);
  while (url.end > dot + 1 && url.end[-1] == '.') url.end--;
  read_user(&url, begin, at_sign != NULL);
  read_scheme(&url, begin);
  return url;
}

/* ---- e-mail addresses ---- */

static bool check_mail_user(const char *at, const char *end) {
  size_t parts = 1, size = 0;
  for (; at < end; at++, size++) {
    if (*at == '.' || *at == '+') {
      if (size > 26) return false;
      parts++;
      size = (size_t)-1;
    } else if (!is_name(*at)) {
      return false;
    }
  }
  return parts < 12 && size > 0 && size < 36;
}

static bool check_mail_part(const char *at, size_t size, bool is_last) {
  if (is_last ? size < 2 || size > 8 : size < 1 || size > 30) return false;
  for (size_t i = 0; i < size; i++) {
    if (is_last ? !isalpha((unsigned char)at[i]) : !is_name(at[i])) return false;
  }
  return character_is_alphanumeric(at[0]) && character_is_alphanumeric(at[size - 1]);
}

static bool is_mail(const char *begin, const char *end) {
  const char *at = memchr(begin, '@', (size_t)(end - begin));
  if (!at || !check_mail_user(begin, at)) return false;
  size_t parts = 0;
  for (const char *part = at + 1;; parts++) {
    const char *dot = memchr(part, '.', (size_t)(end - part));
    if (!check_mail_part(part, (size_t)((dot ? dot : end) - part), !dot)) return false;
    if (!dot) break;
    part = dot + 1;
  }
  return parts >= 1 && parts <= 6;
}

/* ---- whether it is a link ---- */

/* "The end.Then" is no link: a capital letter, followed by small ones, begins a sentence. */
static bool is_top_level_domain(const char *begin, const char *end) {
  static const struct embed_file *list;
  char line[80] = "\n";
  size_t size = 1;
  bool is_first = true, has_capital_first = false, has_capital = false;
  if (!list) list = embed_find("sandbox/model/top_level_domains.txt");
  while (begin < end && size < sizeof line - 5) {
    uint32_t code, lower;
    begin = character_next(begin, &code);
    lower = character_lower(code);
    if (lower != code) *(is_first ? &has_capital_first : &has_capital) = true;
    is_first = false;
    size += character_write(line + size, lower);
  }
  if (begin < end || (has_capital_first && !has_capital)) return false;
  line[size++] = '\n';
  return list && memmem(list->data, list->size, line, size);
}

/* Brackets in the path that were opened before the link close it. */
static const char *balanced_end(const char *path, const char *end) {
  int round = 0, square = 0, curly = 0;
  const char *at = path;
  for (; at < end; at++) {
    round += (*at == '(') - (*at == ')');
    square += (*at == '[') - (*at == ']');
    curly += (*at == '{') - (*at == '}');
    if (round < 0 || square < 0 || curly < 0) break;
  }
  while (at > path && strchr(sentence_ends, at[-1])) at--;
  return at;
}

/* A number of an IPv4 address. */
static bool is_octet(const char *at, size_t size) {
  int value = 0;
  if (size < 1 || size > 3 || (size > 1 && *at == '0')) return false;
  for (size_t i = 0; i < size; i++) {
    if (!isdigit((unsigned char)at[i])) return false;
    value = value * 10 + (at[i] - '0');
  }
  return value < 256;
}

static bool check_top_level(const char *begin, const char *end, bool has_scheme) {
  size_t size = (size_t)(end - begin), characters = 0;
  for (size_t i = 0; i < size; i++) characters += ((unsigned char)begin[i] & 0xC0) != 0x80;
  if (characters < 2) return false;
  if (size >= 4 && strncmp(begin, "xn--", 4) == 0) {
    for (size_t i = 4; i < size; i++) {
      if (!character_is_alphanumeric(begin[i])) return false;
    }
    return size > 5;
  }
  if (memchr(begin, '_', size) || memchr(begin, '-', size)) return false;
  return has_scheme || is_top_level_domain(begin, end);
}

static bool check_domain(const char *begin, const char *end, bool has_scheme) {
  size_t parts = 0, octets = 0;
  bool has_other = false;
  const char *last = begin, *before_last = begin;
  for (const char *part = begin;; parts++) {
    const char *dot = memchr(part, '.', (size_t)(end - part)), *stop = dot ? dot : end;
    size_t size = (size_t)(stop - part);
    if (size < 1 || size > 63 || stop[-1] == '-') return false;
    octets += is_octet(part, size);
    for (size_t i = 0; i < size; i++) has_other = has_other || !isdigit((unsigned char)part[i]);
    before_last = last;
    last = part;
    if (!dot) break;
    part = dot + 1;
  }
  if (parts == 0) return false;
  if (parts == 3 && octets == 4) return true;
  if (!has_other || is_exactly(begin, end, "teiegram.org")) return false;
  return check_top_level(last, end, has_scheme) && !memchr(before_last, '_', (size_t)(last - before_last));
}

/* The end of the link that begins the text; NULL: it is none. */
static const char *link_end(const char *begin, const char *end) {
  static const char *const schemes[] = {"http://", "https://", "ftp://", "tonsite://"};
  const char *host = begin;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t size = strlen(schemes[i]);
    if ((size_t)(end - begin) >= size && strncasecmp(begin, schemes[i], size) == 0) host = begin + size;
  }
  bool has_scheme = host > begin;
  const char *path = host;
  while (path < end && !strchr("/?#", *path)) path++;
  const char *at = memchr(host, '@', (size_t)(path - host)), *domain_end = path;
  if (at) host = at + 1;
  for (const char *c = path; c > host; c--) {
    if (c[-1] != ':') continue;
    domain_end = c - 1;
    break;
  }
  return check_domain(host, domain_end, has_scheme) ? balanced_end(path, end) : NULL;
}

static void add(struct entity_list *list, const char *text, const char *begin, const char *end, enum entity_type type) {
  entity_list_add(list, (struct entity){.offset = (int)(begin - text), .length = (int)(end - begin), .type = type});
}

static void add_candidate(struct entity_list *list, const char *text, const struct candidate *url) {
  if (is_mail(url->begin, url->end)) {
    add(list, text, url->begin, url->end, ENTITY_EMAIL);
  } else if (url->end - url->begin > 7 && strncmp(url->begin, "mailto:", 7) == 0 && is_mail(url->begin + 7, url->end)) {
    add(list, text, url->begin + 7, url->end, ENTITY_EMAIL);
  } else {
    const char *end = link_end(url->begin, url->end);
    if (end) add(list, text, url->begin, end, ENTITY_URL);
  }
}

void entity_url_find(const char *text, size_t size, struct entity_list *list) {
  const char *begin = text, *end = text + size, *dot;
  while ((dot = memchr(begin, '.', (size_t)(end - begin))) && dot + 1 < end) {
    if (dot[1] == ' ') {
      begin = dot + 2;
      continue;
    }
    struct candidate url = read_around(begin, dot, end);
    if (!url.is_bad) {
      if (url.end > dot + 1) add_candidate(list, text, &url);
      while (url.end < end && *url.end == '.') url.end++;
    } else {
      while (url.end[-1] != '.') url.end--;
    }
    begin = url.end > dot ? url.end : dot + 1;
  }
}

void entity_url_find_own(const char *text, size_t size, struct entity_list *list) {
  static const char *const schemes[] = {"tg", "ton", "tonsite"};
  const char *end = text + size, *at = text;
  while ((at = memmem(at, (size_t)(end - at), "://", 3))) {
    const char *begin = NULL, *colon = at;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
      if (has_suffix(text, colon, schemes[i])) begin = colon - strlen(schemes[i]);
    }
    at += 3;
    if (!begin) continue;
    const char *host = at;
    while (at < end && at - host < 253 && is_name(*at)) at++;
    if (at == host) continue;
    at = path_end(at, end);
    add(list, text, begin, at, ENTITY_URL);
  }
}
