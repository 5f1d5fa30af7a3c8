/* Sets of texts in lower case. Lua is read only as far as comments, texts and names can be told from each other, so a file that
 * does not compile does no harm. */
#include "recording/vocabulary.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/memory.h"
#include "common/whole_file.h"
#include "recording/text_set.h"

enum {
  TEXT_MOST = 128,      /* bytes of a whole text that is worth to be known: of a button, a word that is listened to */
  FILE_MOST = 16 << 20, /* of a script */
  DEPTH_MOST = 8,       /* of directories */
  PATH_SIZE = 4096,
};

struct vocabulary {
  struct text_set *words, *names, *texts;
};

struct vocabulary *vocabulary_new(void) { return memory_new(sizeof(struct vocabulary)); }

void vocabulary_free(struct vocabulary *vocabulary) {
  if (!vocabulary) return;
  text_set_free(vocabulary->words);
  text_set_free(vocabulary->names);
  text_set_free(vocabulary->texts);
  free(vocabulary);
}

/* ---- sets ---- */

size_t vocabulary_lower(const char *text, size_t size, char *to) {
  size_t length = 0;
  for (const char *at = text, *end = text + size; at < end;) {
    uint32_t code;
    at = character_next(at, &code);
    length += character_write(to + length, character_lower(code));
  }
  return length;
}

/* Returns its size; 0: it is empty, too long, or no UTF-8. */
static size_t make_key(const char *text, size_t size, char key[static TEXT_MOST * 4]) {
  if (size > TEXT_MOST || character_valid_size(text, size) < size) return 0;
  size_t length = vocabulary_lower(text, size, key);
  return length > TEXT_MOST * 2 ? 0 : length;
}

static bool has(const struct text_set *set, const char *text, size_t size) {
  char key[TEXT_MOST * 4];
  size_t length = make_key(text, size, key);
  return length && text_set_has(set, key, length);
}

static void put(struct text_set **set, const char *text, size_t size) {
  char key[TEXT_MOST * 4];
  size_t length = make_key(text, size, key);
  if (length) (void)text_set_add(set, key, length);
}

bool vocabulary_has_word(const struct vocabulary *vocabulary, const char *word, size_t size) {
  return has(vocabulary->words, word, size);
}

bool vocabulary_has_name(const struct vocabulary *vocabulary, const char *name, size_t size) {
  return has(vocabulary->words, name, size) || has(vocabulary->names, name, size);
}

bool vocabulary_has_text(const struct vocabulary *vocabulary, const char *text, size_t size) {
  return has(vocabulary->texts, text, size);
}

/* ---- Lua, as far as it matters here ---- */

struct source {
  struct vocabulary *vocabulary;
  const char *at, *end;
  struct buffer text; /* of the literal that is being read, without its escapes */
};

static void put_words(struct text_set **set, const char *text, size_t size) {
  const char *end = text + size, *begin = NULL;
  for (const char *at = text; at < end;) {
    const char *here = at;
    uint32_t code = 0;
    if (character_size(at, end))
      at = character_next(at, &code);
    else
      at++;
    bool is_letter = code && character_kind(code) == CHARACTER_LETTER;
    if (is_letter && !begin) begin = here;
    if (begin && !is_letter) {
      put(set, begin, (size_t)(here - begin));
      begin = NULL;
    }
  }
  if (begin) put(set, begin, (size_t)(end - begin));
}

static void put_text(struct source *source, const char *text, size_t size) {
  put(&source->vocabulary->texts, text, size);
  put_words(&source->vocabulary->words, text, size);
}

/* At [, [[, [==[: how many = there are, or -1. */
static int long_bracket_level(const struct source *source) {
  const char *at = source->at + 1;
  while (at < source->end && *at == '=') at++;
  return at < source->end && *at == '[' ? (int)(at - source->at - 1) : -1;
}

/* From behind the brackets to those that close them. Returns the text between, and moves behind. */
static const char *read_long(struct source *source, int level, size_t *size) {
  const char *begin = source->at + level + 2;
  for (const char *at = begin; at + level + 1 < source->end; at++) {
    const char *last = at + 1;
    if (*at != ']') continue;
    while (last - at - 1 < level && *last == '=') last++;
    if (last - at - 1 < level || *last != ']') continue;
    source->at = last + 1;
    *size = (size_t)(at - begin);
    return begin;
  }
  source->at = source->end;
  *size = (size_t)(source->end - begin);
  return begin;
}

static void skip_comment(struct source *source) {
  size_t size;
  source->at += 2;
  int level = source->at < source->end && *source->at == '[' ? long_bracket_level(source) : -1;
  if (level >= 0) {
    (void)read_long(source, level, &size);
    return;
  }
  while (source->at < source->end && *source->at != '\n') source->at++;
}

/* "..." or '...'. An escape other than that of a line's end, a quote or a backslash parts words, which does no harm. */
static void read_quoted(struct source *source) {
  char quote = *source->at++;
  buffer_clear(&source->text);
  while (source->at < source->end && *source->at != quote && *source->at != '\n') {
    char c = *source->at++;
    if (c == '\\' && source->at < source->end) {
      c = *source->at++;
      if (c == 'n') c = '\n';
    }
    (void)buffer_add(&source->text, &c, 1, NULL);
  }
  if (source->at < source->end) source->at++;
  if (source->text.size) put_text(source, source->text.data, source->text.size);
}

static void read_bracket(struct source *source) {
  size_t size;
  int level = long_bracket_level(source);
  if (level < 0) {
    source->at++;
    return;
  }
  const char *text = read_long(source, level, &size);
  put_text(source, text, size);
}

static bool is_name_character(char c) { return character_is_alphanumeric(c) || c == '_'; }

static void read_name(struct source *source) {
  const char *begin = source->at;
  while (source->at < source->end && is_name_character(*source->at)) source->at++;
  put_words(&source->vocabulary->names, begin, (size_t)(source->at - begin));
}

void vocabulary_add(struct vocabulary *vocabulary, const char *text, size_t size) {
  struct source source = {.vocabulary = vocabulary, .at = text, .end = text + size};
  buffer_init(&source.text, FILE_MOST);
  while (source.at < source.end) {
    bool has_next = source.at + 1 < source.end;
    if (*source.at == '-' && has_next && source.at[1] == '-')
      skip_comment(&source);
    else if (*source.at == '"' || *source.at == '\'')
      read_quoted(&source);
    else if (*source.at == '[')
      read_bracket(&source);
    else if (is_name_character(*source.at))
      read_name(&source);
    else
      source.at++;
  }
  buffer_release(&source.text);
}

/* ---- files ---- */

/* Of one that is too large, what fits. */
static void read_file(struct vocabulary *vocabulary, const char *path) {
  struct buffer text;
  put_words(&vocabulary->names, path, strlen(path)); /* an error tells it */
  buffer_init(&text, FILE_MOST);
  (void)whole_file_read(path, &text, NULL);
  if (text.size) vocabulary_add(vocabulary, text.data, text.size);
  buffer_release(&text);
}

static bool is_script(const char *name) {
  static const char spec[] = "_spec.lua", lua[] = ".lua";
  size_t size = strlen(name);
  if (size >= sizeof spec - 1 && strcmp(name + size - (sizeof spec - 1), spec) == 0) return false;
  return size >= sizeof lua - 1 && strcmp(name + size - (sizeof lua - 1), lua) == 0;
}

static void read_path(struct vocabulary *vocabulary, const char *path, int depth) {
  struct stat status;
  if (stat(path, &status) || depth > DEPTH_MOST) return;
  if (S_ISREG(status.st_mode) && (depth == 0 || is_script(path))) read_file(vocabulary, path);
  DIR *entries = S_ISDIR(status.st_mode) ? opendir(path) : NULL;
  for (const struct dirent *entry; entries && (entry = readdir(entries)) != NULL;) {
    char inside[PATH_SIZE];
    bool fits = snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name) < (int)sizeof inside;
    if (fits && entry->d_name[0] != '.') read_path(vocabulary, inside, depth + 1);
  }
  if (entries) (void)closedir(entries);
}

void vocabulary_read(struct vocabulary *vocabulary, const char *const *paths, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char shared[PATH_SIZE];
    const char *slash = strrchr(paths[i], '/');
    int size = slash ? (int)(slash - paths[i]) : 1;
    read_path(vocabulary, paths[i], 0);
    /* A file may require what is in lib/ beside it. */
    if (snprintf(shared, sizeof shared, "%.*s/lib", size, slash ? paths[i] : ".") < (int)sizeof shared)
      read_path(vocabulary, shared, 1);
  }
}
