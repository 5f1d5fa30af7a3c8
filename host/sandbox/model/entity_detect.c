#include "sandbox/model/entity_detect.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/character.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/entity_url.h"

#define HASHTAG_MAX 256 /* characters */

/* ---- characters ---- */

static bool is_word(uint32_t code) {
  enum character_kind kind = character_kind(code);
  return code == '_' || kind == CHARACTER_LETTER || kind == CHARACTER_DIGIT || kind == CHARACTER_NUMBER;
}

/* Besides letters and digits: the joiner of Persian words, the middle dot of Catalan, and all of Sinhala, whose vowel signs are
 * no letters for Unicode. */
static bool is_tag_character(uint32_t code) {
  enum character_kind kind = character_kind(code);
  return code == '_' || code == 0x200C || code == 0xB7 || (code >= 0xD80 && code <= 0xDFF) || kind == CHARACTER_LETTER ||
         kind == CHARACTER_DIGIT;
}

/* The characters around a place in the text; 0: it is the text's beginning or end. */
static uint32_t before(const char *text, const char *at) {
  uint32_t code = 0;
  if (at > text) (void)character_previous(at, &code);
  return code;
}

static uint32_t behind(const char *at, const char *end) {
  uint32_t code = 0;
  if (at < end) (void)character_next(at, &code);
  return code;
}

static size_t name_size(const char *at, const char *end) {
  const char *from = at;
  while (at < end && (character_is_alphanumeric(*at) || *at == '_')) at++;
  return (size_t)(at - from);
}

static void add(struct entity_list *list, const char *text, const char *begin, const char *end, enum entity_type type) {
  entity_list_add(list, (struct entity){.offset = (int)(begin - text), .length = (int)(end - begin), .type = type});
}

/* ---- the kinds ---- */

/* Names of 3 letters are none, but for these, which Telegram's own bots have. */
static bool is_short_name(const char *name) {
  static const char *const names[] = {"gif", "nft", "pic", "ufc", "vid"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strncasecmp(name, names[i], 3) == 0) return true;
  }
  return false;
}

void entity_detect_mentions(const char *text, size_t size, struct entity_list *list) {
  const char *end = text + size, *at = text;
  while ((at = memchr(at, '@', (size_t)(end - at)))) {
    const char *begin = at++;
    if (is_word(before(text, begin))) continue;
    size_t name = name_size(at, end);
    at += name;
    bool is_name = name >= 4 || (name == 3 && is_short_name(begin + 1));
    if (is_name && name <= 32 && !is_word(behind(at, end))) add(list, text, begin, at, ENTITY_MENTION);
  }
}

static bool cuts_command(uint32_t code) { return is_word(code) || code == '/' || code == '<' || code == '>'; }

void entity_detect_commands(const char *text, size_t size, struct entity_list *list) {
  const char *end = text + size, *at = text;
  while ((at = memchr(at, '/', (size_t)(end - at)))) {
    const char *begin = at++;
    if (cuts_command(before(text, begin))) continue;
    size_t name = name_size(at, end), bot = 3;
    at += name;
    if (name < 1 || name > 64) continue;
    if (at < end && *at == '@') {
      bot = name_size(at + 1, end);
      at += 1 + bot;
    }
    if (bot >= 3 && bot <= 32 && !cuts_command(behind(at, end))) add(list, text, begin, at, ENTITY_BOT_COMMAND);
  }
}

/* The characters of a hashtag from `at` on. *end_of_tag is behind the last that counts. */
static const char *read_tag(const char *at, const char *end, const char **end_of_tag, bool *has_letter) {
  uint32_t code;
  *has_letter = false;
  *end_of_tag = NULL;
  for (size_t count = 0; at < end; count++) {
    const char *next = character_next(at, &code);
    if (!is_tag_character(code)) break;
    at = next;
    if (count < HASHTAG_MAX && character_kind(code) == CHARACTER_LETTER) *has_letter = true;
    if (count == HASHTAG_MAX - 1) *end_of_tag = at;
  }
  if (!*end_of_tag) *end_of_tag = at;
  return at;
}

void entity_detect_hashtags(const char *text, size_t size, struct entity_list *list) {
  const char *end = text + size, *at = text, *stop;
  bool has_letter;
  while ((at = memchr(at, '#', (size_t)(end - at)))) {
    const char *begin = at++;
    if (begin > text && is_tag_character(before(text, begin))) continue;
    at = read_tag(at, end, &stop, &has_letter);
    if (stop == at && at < end && *at == '@') { /* #tag@channel */
      size_t name = name_size(at + 1, end);
      if (name > 32) name = 32;
      if (name >= 3) stop = at += 1 + name;
    }
    bool is_cut = at < end && *at == '#';
    if (has_letter && !is_cut) add(list, text, begin, stop, ENTITY_HASHTAG);
  }
}

static bool cuts_cashtag(uint32_t code) { return is_tag_character(code) || code == '$'; }

void entity_detect_cashtags(const char *text, size_t size, struct entity_list *list) {
  const char *end = text + size, *at = text;
  while ((at = memchr(at, '$', (size_t)(end - at)))) {
    const char *begin = at++;
    if (cuts_cashtag(before(text, begin))) continue;
    size_t letters = strncmp(at, "1INCH", 5) == 0 ? 5 : 0;
    if (!letters) {
      while (at + letters < end && at[letters] >= 'A' && at[letters] <= 'Z') letters++;
    }
    at += letters;
    if (letters < 1 || letters > 8) continue;
    size_t name = at < end && *at == '@' ? name_size(at + 1, end) : 0;
    if (name >= 3 && name <= 32) at += 1 + name;
    if (!cuts_cashtag(behind(at, end))) add(list, text, begin, at, ENTITY_CASHTAG);
  }
}

/* ---- bank cards ---- */

/* The check sum, and how long the numbers of the large issuers are. */
static bool is_card(const char *digits, size_t count) {
  int sum = 0, prefix = 0;
  for (size_t i = count; i-- > 0;) {
    int digit = digits[i] - '0';
    sum += (count - 1 - i) % 2 == 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  for (size_t i = 0; i < 4; i++) prefix = prefix * 10 + (digits[i] - '0');
  int two = prefix / 100;
  if (sum % 10 != 0) return false;
  if (prefix / 1000 == 4) return count == 13 || count == 16 || count == 18 || count == 19;
  if ((two >= 51 && two <= 55) || (prefix >= 2221 && prefix <= 2720)) return count == 16;
  if (two == 34 || two == 37) return count == 15;
  if (two == 62 || two == 81) return count >= 16;
  if (prefix >= 2200 && prefix <= 2204) return count == 16;
  return true;
}

static bool is_card_character(char c) { return isdigit((unsigned char)c) || c == ' ' || c == '-'; }

/* Reads digits, blanks and hyphens. More digits than a card has are counted, but not kept. */
static const char *read_card(const char *at, const char *end, char digits[19], size_t *count) {
  const char *begin = at;
  for (*count = 0; at < end && is_card_character(*at); at++) {
    bool is_whole = *count >= 16 && *count <= 19 && *count == (size_t)(at - begin);
    if (*at == ' ' && is_whole) break;
    if (!isdigit((unsigned char)*at)) continue;
    if (*count < 19) digits[*count] = *at;
    ++*count;
  }
  return at;
}

static void detect_bank_cards(const char *text, size_t size, struct entity_list *list) {
  const char *end = text + size, *at = text;
  char digits[19];
  size_t count;
  for (;;) {
    while (at < end && !isdigit((unsigned char)*at)) at++;
    if (at == end) return;
    uint32_t previous = before(text, at);
    if ((previous && previous < 0x80 && strchr(".,+-_", (int)previous)) || character_kind(previous) == CHARACTER_LETTER) {
      while (at < end && is_card_character(*at)) at++;
      continue;
    }
    const char *begin = at, *stop = at = read_card(at, end, digits, &count);
    if (count < 13 || count > 19) continue;
    while (!isdigit((unsigned char)stop[-1])) stop--;
    uint32_t next = behind(stop, end);
    bool is_cut = next == '-' || next == '_' || character_kind(next) == CHARACTER_LETTER;
    bool is_sparse = (size_t)(stop - begin) > 2 * count - 1;
    if (!is_cut && !is_sparse && is_card(digits, count)) add(list, text, begin, stop, ENTITY_BANK_CARD);
  }
}

/* ---- all of them ---- */

/* Of two that overlap, the first one stays. Then bytes become UTF-16 units. */
static void settle(const char *text, struct entity_list *list) {
  size_t kept = 0;
  int at = 0, units = 0, last_end = 0;
  entity_list_sort(list);
  for (size_t i = 0; i < list->count; i++) {
    struct entity entity = list->items[i];
    if (entity.offset < last_end) continue;
    last_end = entity.offset + entity.length;
    for (; at < entity.offset; at++) units += character_units(text[at]);
    int offset = units;
    for (; at < last_end; at++) units += character_units(text[at]);
    entity.offset = offset;
    entity.length = units - offset;
    list->items[kept++] = entity;
  }
  list->count = kept;
}

void entity_detect(const char *text, size_t size, struct entity_list *list) {
  entity_detect_mentions(text, size, list);
  entity_detect_commands(text, size, list);
  entity_detect_hashtags(text, size, list);
  entity_detect_cashtags(text, size, list);
  detect_bank_cards(text, size, list);
  entity_url_find_own(text, size, list);
  entity_url_find(text, size, list);
  settle(text, list);
}
