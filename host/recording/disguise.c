/* A text is taken apart into runs of letters, groups of digits, and the rest. Each run of letters is looked up, in lower case,
 * and drawn where it is new; its capitals come back afterwards. A group of digits is what a telephone number is: with single
 * blanks, dots, dashes or brackets inside.
 *
 * What a person wrote is remembered for a while: where the bot repeats it, all of it is in the same disguise, even those words
 * that the bot's own texts have, too. */
#include "recording/disguise.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uthash.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/memory.h"
#include "recording/text_set.h"
#include "recording/vocabulary.h"

enum {
  WORD_MOST = 256,      /* bytes; a longer one is replaced without being remembered */
  WORDS_MOST = 1000000, /* likewise where there are more: some 200 MB */
  TEXT_MOST = 4096 * 4, /* bytes of a text that may be repeated */
  REPEATED = 200,       /* texts that the bot may repeat: in a busy bot those of some minutes */
  LABELS_MOST = 100000, /* of buttons */
  DIGITS_KEPT = 6,      /* an amount, a year, a time of day; telephone numbers have seven at least */
  DIGITS_TOLD = 3,      /* fewer would stand for many numbers that nobody has drawn */
  TRIES = 20,           /* until a word is drawn that nobody has */
  NEWS_CEILING = 1 << 30,
};

struct drawn { /* a word, and what stands in its place */
  UT_hash_handle hh;
  size_t size, mask_size;
  bool is_name;
  char *mask;
  char word[];
};

struct repeated { /* what somebody has written */
  char *text, *mask;
  size_t size, mask_size;
};

struct disguise {
  const struct vocabulary *vocabulary;
  struct vocabulary *of_errors;
  struct drawn *words;
  struct text_set *masks; /* in every form in which they were shown */
  struct drawn *labels;   /* of buttons */
  struct repeated repeated[REPEATED];
  size_t next_repeated;
  struct buffer news; /* masks that were not told yet: a JSON array without its last bracket */
  unsigned char random[256];
  size_t random_left;
};

/* What stays in an error, besides what the scripts hold: words of Lua's, SQLite's and Telegram's messages. */
static const char error_words[] =
    "'a actual adapter admin administrator already an and are argument arithmetic arithmetical as at attempt available bad be "
    "bitwise blocked bot bounds boolean bounded button by byte call can cannot caption chain channel characters chat check "
    "chunk click closed code column comparator compare concatenate connect connection constant constraint contain convert "
    "coroutine could create datatype database dead deactivated deadline deleted did different divide division does domain "
    "empty ended entities entity error exceed exist expected failed field file flood for forbidden foreign found from full "
    "function global got group handler has have http id identifier image in index inline input instructions integer internal "
    "interval invalid is it json key kicked large length limit line lines literal local long loop lua malformed many mark "
    "markup media memory message messages metamethod method mismatch missing module modified more moved must name near "
    "negative network no not nil null number object of offset old on only operation option order or out overflow owner page "
    "parameter parse participant pattern perform permission photo pinned point position private protected query range read "
    "recursion reference refused reply representation request requests required result retry return rights row rows same "
    "script segment send sent server size specified sql stack start status still stop string strings such supergroup syntax "
    "table tag target text than that the thread time timeout to token too topic traceback transaction try type type unexpected "
    "unfinished unique unsupported upgraded upvalue url used user userdata username valid value values variable video was "
    "web when with without wrong yield zero kb main method metatable order raised arguments after'";

/* The alphabets, in lower case where they have a case. A letter of none of them becomes one of the first. */
static const struct {
  uint32_t first, last;   /* of the letters that belong to it */
  uint32_t from, through; /* from which letters are drawn */
} alphabets[] = {
    {'a', 'z', 'a', 'z'},
    {0xDF, 0x24F, 'a', 'z'},              /* Latin with marks */
    {0x3AC, 0x3CE, 0x3C3, 0x3C9},         /* Greek */
    {0x430, 0x52F, 0x430, 0x44F},         /* Cyrillic */
    {0x561, 0x586, 0x561, 0x586},         /* Armenian */
    {0x5D0, 0x5EA, 0x5D0, 0x5EA},         /* Hebrew */
    {0x620, 0x6D3, 0x628, 0x63A},         /* Arabic */
    {0x904, 0x939, 0x915, 0x939},         /* Devanagari */
    {0xE01, 0xE30, 0xE01, 0xE2E},         /* Thai */
    {0x10D0, 0x10FA, 0x10D0, 0x10F0},     /* Georgian */
    {0x3041, 0x3096, 0x304B, 0x3062},     /* Hiragana */
    {0x30A1, 0x30FA, 0x30AB, 0x30C2},     /* Katakana */
    {0x3400, 0x9FFF, 0x4E00, 0x9FA5},     /* Chinese */
    {0xAC00, 0xD7A3, 0xAC00, 0xD7A3},     /* Korean */
    {0x10000, 0x1FFFF, 0x1D41A, 0x1D433}, /* of two UTF-16 units: bold letters */
    {0x20000, 0x3FFFF, 0x20000, 0x2A6D6}, /* more Chinese */
};

struct disguise *disguise_new(const struct vocabulary *vocabulary) {
  struct disguise *disguise = memory_new(sizeof *disguise);
  disguise->vocabulary = vocabulary;
  disguise->of_errors = vocabulary_new();
  vocabulary_add(disguise->of_errors, error_words, sizeof error_words - 1);
  buffer_init(&disguise->news, NEWS_CEILING);
  return disguise;
}

static void free_drawn(struct drawn *set) {
  struct drawn *drawn, *next;
  HASH_ITER(hh, set, drawn, next) {
    HASH_DEL(set, drawn);
    free(drawn->mask);
    free(drawn);
  }
}

void disguise_free(struct disguise *disguise) {
  if (!disguise) return;
  free_drawn(disguise->words);
  free_drawn(disguise->labels);
  text_set_free(disguise->masks);
  for (size_t i = 0; i < REPEATED; i++) {
    free(disguise->repeated[i].text);
    free(disguise->repeated[i].mask);
  }
  vocabulary_free(disguise->of_errors);
  buffer_release(&disguise->news);
  free(disguise);
}

/* ---- sets ---- */

static struct drawn *new_drawn(const char *word, size_t size, const char *mask, size_t mask_size) {
  struct drawn *drawn = memory_new(sizeof *drawn + size);
  drawn->size = size;
  drawn->mask_size = mask_size;
  drawn->mask = memory_new(mask_size + 1);
  memcpy(drawn->word, word, size);
  memcpy(drawn->mask, mask, mask_size);
  return drawn;
}

static struct drawn *find_drawn(const struct drawn *set, const char *word, size_t size) {
  struct drawn *drawn = NULL;
  HASH_FIND(hh, set, word, size, drawn);
  return drawn;
}

void disguise_add_label(struct disguise *disguise, const char *text, size_t size, const char *mask, size_t mask_size) {
  bool is_full = HASH_COUNT(disguise->labels) >= LABELS_MOST;
  if (!size || size > TEXT_MOST || is_full || find_drawn(disguise->labels, text, size)) return;
  struct drawn *label = new_drawn(text, size, mask, mask_size);
  HASH_ADD_KEYPTR(hh, disguise->labels, label->word, label->size, label);
}

bool disguise_add_drawn(struct disguise *disguise, struct buffer *to) {
  struct buffer *news = &disguise->news;
  if (!news->size) return false;
  bool ok = buffer_add(to, news->data, news->size, NULL) && buffer_add_text(to, "]", NULL);
  buffer_clear(news);
  return ok;
}

static void tell_drawn(struct disguise *disguise, const char *mask, size_t size) {
  struct buffer *news = &disguise->news;
  if (text_set_count(disguise->masks) >= 4 * WORDS_MOST || !text_set_add(&disguise->masks, mask, size)) return;
  (void)buffer_add_text(news, news->size ? "," : "[", NULL);
  (void)buffer_add_json_string(news, mask, size, NULL);
}

/* ---- drawing ---- */

static uint32_t draw_below(struct disguise *disguise, uint32_t count) {
  if (disguise->random_left < sizeof(uint32_t)) {
    ssize_t size;
    do size = getrandom(disguise->random, sizeof disguise->random, 0);
    while (size < 0 && errno == EINTR);
    if (size != sizeof disguise->random) abort(); /* so few bytes come in one piece: getrandom(2) */
    disguise->random_left = sizeof disguise->random;
  }
  uint32_t value;
  disguise->random_left -= sizeof value;
  memcpy(&value, disguise->random + disguise->random_left, sizeof value);
  return value % count;
}

static uint32_t draw_letter(struct disguise *disguise, uint32_t like) {
  size_t place = 0;
  for (size_t i = 0; i < sizeof alphabets / sizeof *alphabets; i++) {
    if (like >= alphabets[i].first && like <= alphabets[i].last) place = i;
  }
  return alphabets[place].from + draw_below(disguise, alphabets[place].through - alphabets[place].from + 1);
}

/* A zero stays one: it is what bots stumble over. */
static char draw_digit(struct disguise *disguise, char like) {
  return like == '0' ? '0' : (char)('1' + draw_below(disguise, 9));
}

/* Letters and digits of the same kinds. mask has room: 4 bytes a character. */
static size_t draw(struct disguise *disguise, const char *word, size_t size, char *mask) {
  size_t length = 0;
  for (const char *at = word, *end = word + size; at < end;) {
    uint32_t code;
    at = character_next(at, &code);
    if (code >= '0' && code <= '9')
      mask[length++] = draw_digit(disguise, (char)code);
    else
      length += character_write(mask + length, draw_letter(disguise, code));
  }
  return length;
}

/* Neither a word that was drawn before, nor one that stands for itself: so a reader knows which words are drawn. Very short
 * words run out, and then two may share one. */
static size_t draw_new(struct disguise *disguise, const char *word, size_t size, char *mask) {
  size_t length = 0;
  for (int i = 0; i < TRIES; i++) {
    length = draw(disguise, word, size, mask);
    bool is_itself = length == size && memcmp(mask, word, size) == 0;
    if (!is_itself && !text_set_has(disguise->masks, mask, length) && !vocabulary_has_word(disguise->vocabulary, mask, length))
      break;
  }
  return length;
}

/* What stands for the word, which is in lower case. NULL: there are too many. */
static struct drawn *find_mask(struct disguise *disguise, const char *word, size_t size) {
  struct drawn *drawn = find_drawn(disguise->words, word, size);
  if (drawn || HASH_COUNT(disguise->words) >= WORDS_MOST) return drawn;
  char mask[WORD_MOST * 4];
  drawn = new_drawn(word, size, mask, draw_new(disguise, word, size, mask));
  HASH_ADD_KEYPTR(hh, disguise->words, drawn->word, drawn->size, drawn);
  return drawn;
}

/* ---- words ---- */

/* The mask's letters, with capitals where the word has them. */
static size_t write_capitals(const char *word, const char *mask, size_t mask_size, char *to) {
  size_t length = 0;
  for (const char *at = mask, *end = mask + mask_size; at < end;) {
    uint32_t of_word, of_mask;
    at = character_next(at, &of_mask);
    word = character_next(word, &of_word);
    if (character_lower(of_word) != of_word) of_mask = character_upper(of_mask);
    length += character_write(to + length, of_mask);
  }
  return length;
}

static bool is_kept(const struct disguise *disguise, enum disguise_kind kind, const char *word, size_t size) {
  const struct vocabulary *vocabulary = disguise->vocabulary;
  switch (kind) {
    case DISGUISE_SAID: return vocabulary_has_word(vocabulary, word, size);
    case DISGUISE_DATA: return vocabulary_has_name(vocabulary, word, size);
    case DISGUISE_ERROR:
      return vocabulary_has_name(vocabulary, word, size) || vocabulary_has_word(disguise->of_errors, word, size);
    default: return false;
  }
}

static bool is_name(const struct disguise *disguise, const char *word, size_t size) {
  const struct drawn *drawn = find_drawn(disguise->words, word, size);
  return drawn && drawn->is_name;
}

/* A word that is too long to be remembered. */
static bool add_unknown(struct disguise *disguise, const char *word, size_t size, struct buffer *to) {
  bool ok = true;
  for (const char *at = word, *end = word + size; ok && at < end;) {
    uint32_t code;
    char bytes[4];
    at = character_next(at, &code);
    size_t count = character_write(bytes, draw_letter(disguise, character_lower(code)));
    ok = buffer_add(to, bytes, count, NULL);
  }
  return ok;
}

static bool add_word(struct disguise *disguise, enum disguise_kind kind, const char *word, size_t size, struct buffer *to) {
  char lower[WORD_MOST * 4], shown[WORD_MOST * 4];
  if (size > WORD_MOST) return add_unknown(disguise, word, size, to);
  size_t length = vocabulary_lower(word, size, lower);
  if (length > WORD_MOST) return add_unknown(disguise, word, size, to);
  if (is_kept(disguise, kind, word, size) && !is_name(disguise, lower, length)) return buffer_add(to, word, size, NULL);
  struct drawn *drawn = find_mask(disguise, lower, length);
  if (!drawn) return add_unknown(disguise, word, size, to);
  if (kind == DISGUISE_NAME) drawn->is_name = true;
  size_t shown_size = write_capitals(word, drawn->mask, drawn->mask_size, shown);
  tell_drawn(disguise, shown, shown_size);
  return buffer_add(to, shown, shown_size, NULL);
}

/* ---- numbers ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The end of a group of digits that begins at `at`, and how many there are. */
static const char *digits_end(const char *at, const char *end, size_t *count) {
  static const char joints[] = " -.()/";
  *count = 0;
  for (const char *last = at;; at++) {
    if (at < end && is_digit(*at)) {
      ++*count;
      last = at + 1;
    } else if (at >= end || !*at || !strchr(joints, *at) || at - last >= 2) {
      return last;
    }
  }
}

/* Each run of digits by itself, so that a part of the number is found again. */
static bool add_digits(struct disguise *disguise, const char *at, const char *end, struct buffer *to) {
  bool ok = true;
  while (ok && at < end) {
    const char *last = at;
    while (last < end && is_digit(*last)) last++;
    size_t size = (size_t)(last - at);
    struct drawn *drawn = size && size <= WORD_MOST ? find_mask(disguise, at, size) : NULL;
    if (drawn) {
      if (size >= DIGITS_TOLD) tell_drawn(disguise, drawn->mask, drawn->mask_size);
      ok = buffer_add(to, drawn->mask, drawn->mask_size, NULL);
    }
    for (; ok && !drawn && at < last; at++) ok = buffer_add(to, "0", 1, NULL); /* more digits than a number has */
    for (at = last; ok && at < end && !is_digit(*at); at++) ok = buffer_add(to, at, 1, NULL);
  }
  return ok;
}

static bool add_number(struct disguise *disguise, enum disguise_kind kind, const char **at, const char *end,
                       struct buffer *to) {
  size_t count;
  const char *begin = *at;
  *at = digits_end(begin, end, &count);
  bool is_kept_number = count <= DIGITS_KEPT || kind == DISGUISE_DATA;
  return is_kept_number ? buffer_add(to, begin, (size_t)(*at - begin), NULL) : add_digits(disguise, begin, *at, to);
}

/* ---- texts ---- */

static bool is_letter_at(const char *at, const char *end) {
  uint32_t code;
  if (at >= end || !character_size(at, end)) return false;
  (void)character_next(at, &code);
  return character_kind(code) == CHARACTER_LETTER;
}

/* The longest of the texts that stands here, as whole words. */
static const struct repeated *find_repeated(const struct disguise *disguise, const char *at, const char *end) {
  const struct repeated *best = NULL;
  for (size_t i = 0; i < REPEATED; i++) {
    const struct repeated *each = &disguise->repeated[i];
    bool fits = each->size && each->size <= (size_t)(end - at) && memcmp(at, each->text, each->size) == 0;
    if (fits && (!best || each->size > best->size) && !is_letter_at(at + each->size, end)) best = each;
  }
  return best;
}

static const char *word_end(const char *at, const char *end) {
  while (is_letter_at(at, end)) at += character_size(at, end);
  return at;
}

/* Piece by piece, without looking at the whole. */
static bool add_pieces(struct disguise *disguise, enum disguise_kind kind, const char *text, size_t size, struct buffer *to) {
  const char *at = text, *end = text + size;
  bool may_repeat = kind == DISGUISE_SAID || kind == DISGUISE_DATA || kind == DISGUISE_ERROR;
  bool ok = true;
  while (ok && at < end) { /* a word and a number are one piece, so a text that is repeated begins where one of them does */
    const struct repeated *repeated = may_repeat ? find_repeated(disguise, at, end) : NULL;
    size_t character = character_size(at, end);
    if (repeated) {
      ok = buffer_add(to, repeated->mask, repeated->mask_size, NULL);
      at += repeated->size;
    } else if (is_digit(*at)) {
      ok = add_number(disguise, kind, &at, end, to);
    } else if (is_letter_at(at, end)) {
      const char *last = word_end(at, end);
      ok = add_word(disguise, kind, at, (size_t)(last - at), to);
      at = last;
    } else {
      ok = character ? buffer_add(to, at, character, NULL) : buffer_add(to, "?", 1, NULL);
      at += character ? character : 1;
    }
  }
  return ok;
}

/* What the bot may repeat: a text of one character would be found everywhere. */
static void remember(struct disguise *disguise, const char *text, size_t size, const char *mask, size_t mask_size) {
  if (size < 2 || size > TEXT_MOST || (size == mask_size && memcmp(text, mask, size) == 0)) return;
  struct repeated *repeated = &disguise->repeated[disguise->next_repeated++ % REPEATED];
  free(repeated->text);
  free(repeated->mask);
  *repeated = (struct repeated){memory_new(size), memory_new(mask_size + 1), size, mask_size};
  memcpy(repeated->text, text, size);
  memcpy(repeated->mask, mask, mask_size);
}

/* A text of the bot that a person has sent back: a label, or what a script knows as a whole. */
static bool is_of_bot(const struct disguise *disguise, const char *text, size_t size) {
  return find_drawn(disguise->labels, text, size) || vocabulary_has_text(disguise->vocabulary, text, size);
}

static bool add_of_bot(const struct disguise *disguise, const char *text, size_t size, struct buffer *to) {
  const struct drawn *label = find_drawn(disguise->labels, text, size);
  return label ? buffer_add(to, label->mask, label->mask_size, NULL) : buffer_add(to, text, size, NULL);
}

/* Words after a command, each by itself: a script knows some, and others are the person's. */
static bool add_arguments(struct disguise *disguise, const char *text, size_t size, struct buffer *to) {
  const char *at = text, *end = text + size;
  bool ok = true;
  while (ok && at < end) {
    const char *last = at;
    while (last < end && !character_is_blank(*last)) last++;
    size_t length = (size_t)(last - at);
    if (is_of_bot(disguise, at, length)) {
      ok = add_of_bot(disguise, at, length, to);
    } else {
      size_t before = to->size;
      ok = add_pieces(disguise, DISGUISE_WRITTEN, at, length, to);
      if (ok) remember(disguise, at, length, to->data + before, to->size - before);
    }
    while (last < end && character_is_blank(*last) && ok) ok = buffer_add(to, last++, 1, NULL);
    at = last;
  }
  return ok;
}

static bool add_written(struct disguise *disguise, const char *text, size_t size, struct buffer *to) {
  size_t before = to->size, command = 0;
  if (is_of_bot(disguise, text, size)) return add_of_bot(disguise, text, size, to);
  while (text[0] == '/' && command < size && !character_is_blank(text[command]) &&
         (character_is_alphanumeric(text[command]) || strchr("/_@", text[command])))
    command++;
  if (command > 1) {
    return buffer_add(to, text, command, NULL) && add_arguments(disguise, text + command, size - command, to);
  }
  if (!add_pieces(disguise, DISGUISE_WRITTEN, text, size, to)) return false;
  remember(disguise, text, size, to->data + before, to->size - before);
  return true;
}

bool disguise_add(struct disguise *disguise, enum disguise_kind kind, const char *text, size_t size, struct buffer *to) {
  if (!size) return true;
  return kind == DISGUISE_WRITTEN ? add_written(disguise, text, size, to) : add_pieces(disguise, kind, text, size, to);
}
