/* LIKE and GLOB of SQLite, in which letters of every script have a case, and which end when their caller's time is over: what
 * SQLite's own compare within one call, nothing can stop. The meaning is SQLite's: a pattern ends at a zero byte, and a blob is
 * like nothing. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/character.h"
#include "database/connection.h"

enum {
  STEPS_OF_A_LOOK = 100000, /* some tenths of a millisecond */
  LONE_BYTES = 0x200000,    /* of what is no UTF-8; no character has such a code */
  NONE = 0x7FFFFFFF,        /* a code that nothing has */
};

struct signs {          /* what is special in a pattern */
  uint32_t many, one;   /* % and _, or * and ? */
  uint32_t set, escape; /* [, and what makes the next character an ordinary one; NONE */
  bool is_case_sensitive;
};

struct matching {
  struct database *database;
  struct signs signs;
  const char *pattern_end, *text_end;
  unsigned steps;
  bool is_over; /* its time is */
};

static uint32_t read_code(const char **at, const char *end) {
  uint32_t code = (unsigned char)**at;
  if (code < 0x80) return (*at)++, code;
  if (!character_size(*at, end)) return LONE_BYTES | (unsigned char)*(*at)++;
  *at = character_next(*at, &code);
  return code;
}

static bool is_same(const struct matching *matching, uint32_t one, uint32_t other) {
  return one == other || (!matching->signs.is_case_sensitive && one < LONE_BYTES && other < LONE_BYTES &&
                          character_lower(one) == character_lower(other));
}

/* Behind the [ of a set: does it hold the code? *at becomes its end; a set that does not end holds nothing. */
static bool is_in_set(struct matching *matching, const char **at, uint32_t code) {
  const char *end = matching->pattern_end, *start = *at;
  bool is_inverted = *at < end && **at == '^', is_found = false, is_closed = false;
  uint32_t before = 0;
  *at += is_inverted;
  for (bool is_first = true; *at < end && !is_closed; is_first = false) {
    uint32_t member = read_code(at, end);
    is_closed = member == ']' && !is_first;
    if (is_closed) continue;
    bool is_range = member == '-' && before && *at < end && **at != ']';
    if (is_range) member = read_code(at, end);
    if (is_range ? code >= before && code <= member : code == member) is_found = true;
    before = is_range || (is_first && member == ']') ? 0 : member;
  }
  matching->steps += (unsigned)(*at - start);
  return is_closed && is_found != is_inverted;
}

/* Does what is at *pattern, which is no sign for many, match this one character? Both go on behind it. */
static bool match_one(struct matching *matching, const char **pattern, const char **text) {
  const struct signs *signs = &matching->signs;
  uint32_t wanted = read_code(pattern, matching->pattern_end), code = read_code(text, matching->text_end);
  if (wanted == signs->set) return is_in_set(matching, pattern, code);
  if (wanted == signs->escape) {
    if (*pattern == matching->pattern_end) return false;
    wanted = read_code(pattern, matching->pattern_end);
  } else if (wanted == signs->one) {
    return true;
  }
  return is_same(matching, wanted, code);
}

static bool is_many(const struct matching *matching, const char *pattern) {
  return pattern < matching->pattern_end && (unsigned char)*pattern == matching->signs.many;
}

/* After each comparison. */
static bool may_go_on(struct matching *matching) {
  if (++matching->steps < STEPS_OF_A_LOOK) return true;
  matching->steps = 0;
  matching->is_over = connection_is_over(matching->database);
  return !matching->is_over;
}

/* Where the next character to be found may be: the first of its bytes, if it is ASCII, or what is not ASCII and may have it as
 * its other case. Most texts are passed over here. */
static const char *skip(struct matching *matching, const char *pattern, const char *text) {
  const char *at = text, *end = matching->text_end;
  uint32_t wanted = pattern < matching->pattern_end ? (unsigned char)*pattern : NONE;
  const struct signs *signs = &matching->signs;
  if (wanted >= 0x80 || wanted == signs->one || wanted == signs->set || wanted == signs->escape) return text;
  if (end - at > STEPS_OF_A_LOOK) end = at + STEPS_OF_A_LOOK;
  unsigned char lower = (unsigned char)character_lower(wanted), upper = (unsigned char)character_upper(wanted);
  while (at < end && (unsigned char)*at < 0x80 && (unsigned char)*at != lower && (unsigned char)*at != upper) at++;
  matching->steps += (unsigned)(at - text) / 8;
  return at;
}

/* Where a comparison fails, only the last sign for many takes one character more: what earlier ones took can stay as it is. */
static bool match(struct matching *matching, const char *pattern, const char *text) {
  const char *retry_pattern = NULL, *retry_text = NULL;
  while (may_go_on(matching)) {
    if (is_many(matching, pattern)) {
      retry_pattern = ++pattern;
      retry_text = text;
      continue;
    }
    bool is_pattern_done = pattern == matching->pattern_end, is_text_done = text == matching->text_end;
    if (is_text_done) return is_pattern_done;
    if (!is_pattern_done && match_one(matching, &pattern, &text)) continue;
    if (!retry_pattern) return false;
    if (retry_pattern == matching->pattern_end) return true;
    (void)read_code(&retry_text, matching->text_end);
    retry_text = skip(matching, retry_pattern, retry_text);
    pattern = retry_pattern;
    text = retry_text;
  }
  return false;
}

/* ESCAPE's character. False: the result is set. */
static bool read_escape(sqlite3_context *context, sqlite3_value *value, struct signs *signs) {
  const char *text = (const char *)sqlite3_value_text(value);
  if (!text) return false; /* NULL */
  const char *at = text, *end = text + sqlite3_value_bytes(value);
  if (at < end) signs->escape = read_code(&at, end);
  if (at != end || at == text) {
    sqlite3_result_error(context, "ESCAPE expression must be a single character", -1);
    return false;
  }
  if (signs->escape == signs->many) signs->many = NONE;
  if (signs->escape == signs->one) signs->one = NONE;
  return true;
}

/* pattern, text, and perhaps ESCAPE's: the order of like() and glob(). */
static void compare(sqlite3_context *context, int count, sqlite3_value **values, struct signs signs) {
  struct matching matching = {.database = sqlite3_user_data(context)};
  if (sqlite3_value_type(values[0]) == SQLITE_BLOB || sqlite3_value_type(values[1]) == SQLITE_BLOB) {
    sqlite3_result_int(context, 0);
    return;
  }
  if (sqlite3_value_bytes(values[0]) >
      sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1)) {
    sqlite3_result_error(context, "LIKE or GLOB pattern too complex", -1);
    return;
  }
  if (count == 3 && !read_escape(context, values[2], &signs)) return;
  const char *pattern = (const char *)sqlite3_value_text(values[0]), *text = (const char *)sqlite3_value_text(values[1]);
  if (!pattern || !text) return; /* NULL is like nothing, and the answer is not known */
  matching.signs = signs;
  matching.pattern_end = pattern + strlen(pattern);
  matching.text_end = text + strlen(text);
  bool is_like = match(&matching, pattern, text);
  if (matching.is_over) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
  } else {
    sqlite3_result_int(context, is_like);
  }
}

static void like(sqlite3_context *context, int count, sqlite3_value **values) {
  compare(context, count, values, (struct signs){.many = '%', .one = '_', .set = NONE, .escape = NONE});
}

static void glob(sqlite3_context *context, int count, sqlite3_value **values) {
  compare(context, count, values,
          (struct signs){.many = '*', .one = '?', .set = '[', .escape = NONE, .is_case_sensitive = true});
}

bool like_function_install(struct database *database) {
  sqlite3 *sqlite = database->connection.sqlite;
  int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  return sqlite3_create_function_v2(sqlite, "like", 2, flags, database, like, NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_create_function_v2(sqlite, "like", 3, flags, database, like, NULL, NULL, NULL) == SQLITE_OK &&
         sqlite3_create_function_v2(sqlite, "glob", 2, flags, database, glob, NULL, NULL, NULL) == SQLITE_OK;
}
