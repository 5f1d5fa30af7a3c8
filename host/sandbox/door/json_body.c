/* Reads a JSON body into parameters. Read by hand, because a library gives nothing at all of a text that is cut, or whose
 * strings are no UTF-8. */
#include "sandbox/door/json_body.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/character.h"
#include "common/memory.h"
#include "net/parameter.h"

#define DEPTH_MAX 100 /* of objects and arrays in each other */

struct reader {
  const char *at, *end;
};

static void skip_blanks(struct reader *reader) {
  while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at) reader->at++;
}

static bool skip_one(struct reader *reader, char c) {
  if (reader->at == reader->end || *reader->at != c) return false;
  reader->at++;
  return true;
}

/* ---- strings ---- */

static bool read_hex(struct reader *reader, uint32_t *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++, reader->at++) {
    if (reader->at == reader->end || !isxdigit((unsigned char)*reader->at)) return false;
    int c = tolower((unsigned char)*reader->at);
    *unit = *unit * 16 + (uint32_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
  }
  return true;
}

/* What follows "\u". Half a character stays half: then the text is no UTF-8, which the method says. */
static bool read_unit(struct reader *reader, uint32_t *code) {
  struct reader low = {reader->at, reader->end};
  uint32_t second;
  if (!read_hex(reader, code)) return false;
  if (*code < 0xD800 || *code > 0xDBFF) return true;
  low.at = reader->at;
  bool is_pair = skip_one(&low, '\\') && skip_one(&low, 'u') && read_hex(&low, &second) && second >= 0xDC00 && second <= 0xDFFF;
  if (!is_pair) return true;
  *code = 0x10000 + ((*code - 0xD800) << 10) + (second - 0xDC00);
  *reader = low;
  return true;
}

static bool read_escape(struct reader *reader, char **to) {
  static const char from[] = "bfnrt", into[] = "\b\f\n\r\t";
  uint32_t code;
  if (reader->at == reader->end) return false;
  char c = *reader->at++;
  if (c == 'u') {
    if (!read_unit(reader, &code)) return false;
    *to += character_write(*to, code);
    return true;
  }
  const char *found = c ? strchr(from, c) : NULL;
  *(*to)++ = found ? into[found - from] : c;
  return true;
}

/* Given: the text and its size. NULL: there is no whole string. */
static char *read_string(struct reader *reader, size_t *size) {
  if (!skip_one(reader, '"')) return NULL;
  char *text = memory_new((size_t)(reader->end - reader->at) + 1), *to = text;
  while (reader->at < reader->end && *reader->at != '"') {
    char c = *reader->at++;
    if (c != '\\')
      *to++ = c;
    else if (!read_escape(reader, &to))
      break;
  }
  *to = '\0';
  *size = (size_t)(to - text);
  if (skip_one(reader, '"')) return text;
  free(text);
  return NULL;
}

/* ---- all else ---- */

static bool skip_string(struct reader *reader) {
  for (reader->at++; reader->at < reader->end; reader->at++) {
    if (*reader->at == '"') return reader->at++, true;
    if (*reader->at == '\\') reader->at++;
  }
  return false;
}

static bool skip_word(struct reader *reader) {
  const char *from = reader->at;
  while (reader->at < reader->end && (isalnum((unsigned char)*reader->at) || (*reader->at && strchr("+-.", *reader->at))))
    reader->at++;
  return reader->at > from;
}

/* Moves behind a value, which is not checked further than to find its end. */
static bool skip_value(struct reader *reader) {
  char closing[DEPTH_MAX];
  size_t depth = 0;
  do {
    skip_blanks(reader);
    if (reader->at >= reader->end) return false;
    char c = *reader->at;
    bool is_end = depth && c == closing[depth - 1];
    if (c == '{' || c == '[') {
      if (depth == DEPTH_MAX) return false;
      closing[depth++] = c == '{' ? '}' : ']';
      reader->at++;
    } else if (is_end) {
      depth--;
      reader->at++;
    } else if (depth && (c == ',' || c == ':')) {
      reader->at++;
    } else if (c == '"' ? !skip_string(reader) : !skip_word(reader)) {
      return false;
    }
  } while (depth);
  return reader->at <= reader->end;
}

static bool read_value(struct reader *reader, const char *name, struct parameter_list *list) {
  size_t size;
  if (reader->at < reader->end && *reader->at == '"') {
    char *text = read_string(reader, &size);
    bool ok = text && parameter_list_add(list, name, text, size, NULL);
    free(text);
    return ok;
  }
  const char *from = reader->at;
  return skip_value(reader) && parameter_list_add(list, name, from, (size_t)(reader->at - from), NULL);
}

static bool read_member(struct reader *reader, struct parameter_list *list) {
  size_t size;
  skip_blanks(reader);
  char *name = read_string(reader, &size);
  if (!name) return false;
  skip_blanks(reader);
  bool ok = skip_one(reader, ':');
  skip_blanks(reader);
  ok = ok && read_value(reader, name, list);
  free(name);
  skip_blanks(reader);
  return ok && (skip_one(reader, ',') || (reader->at < reader->end && *reader->at == '}'));
}

void json_body_read(const char *body, size_t size, struct parameter_list *list) {
  struct reader reader = {body, body + size};
  skip_blanks(&reader);
  if (!skip_one(&reader, '{')) return;
  while (read_member(&reader, list)) {
  }
}
