/* JSON text becomes Lua values, in one pass and by one rule for each: a number without fraction is an integer where it fits, so
 * ids are exact; a list is marked as one, so it stays a list when it is empty (json.array). What is read is under the limits of
 * the VM like any other value. Bytes of a text are passed on as they are, UTF-8 or not. */
#include <lauxlib.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "script/api/api.h"

enum {
  DEPTH_MAX = 1000, /* of lists and objects in one another */
  NUMBER_MAX = 63,  /* characters of a number that is copied to the stack; a longer one to the heap */
};
#define WHOLE_MAX 9007199254740992.0 /* 2^53: a float holds every integer up to it */

struct reader {
  lua_State *L;
  const char *begin, *at, *end;
  int array_mark; /* the metatable's place on the stack; nil until there is a list */
  bool leaves_out_null;
};

static int fail(const struct reader *reader, const char *what) {
  return luaL_error(reader->L, "not JSON: %s at byte %d", what, (int)(reader->at - reader->begin) + 1);
}

static bool is_blank(char byte) { return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r'; }

/* Telegram writes none, so that the first comparison ends it; a call would cost more. */
static inline __attribute__((always_inline)) void skip_blanks(struct reader *reader) {
  while (reader->at < reader->end && (unsigned char)*reader->at <= ' ' && is_blank(*reader->at)) reader->at++;
}

static char peek(const struct reader *reader) { return reader->at < reader->end ? *reader->at : '\0'; }

/* ---- numbers ---- */

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static void read_digits(struct reader *reader) {
  if (!is_digit(peek(reader))) fail(reader, "a digit expected");
  while (is_digit(peek(reader))) reader->at++;
}

/* False: it does not fit. */
static bool to_integer(const char *text, const char *end, lua_Integer *integer) {
  bool is_negative = *text == '-';
  uint64_t value = 0, limit = (uint64_t)INT64_MAX + is_negative;
  for (text += is_negative; text < end; text++) {
    unsigned digit = (unsigned)(*text - '0');
    if (value > (limit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *integer = (lua_Integer)(is_negative ? 0 - value : value);
  return true;
}

static lua_Number to_float(struct reader *reader, const char *text, size_t size) {
  char copy[NUMBER_MAX + 1];
  if (size > NUMBER_MAX) {
    lua_Number number = strtod(lua_pushlstring(reader->L, text, size), NULL);
    lua_pop(reader->L, 1);
    return number;
  }
  memcpy(copy, text, size);
  copy[size] = '\0';
  return strtod(copy, NULL);
}

static void read_number(struct reader *reader) {
  const char *text = reader->at;
  lua_Integer integer;
  bool is_whole = true;
  if (*text == '-') reader->at++;
  if (peek(reader) == '0') {
    reader->at++;
  } else {
    read_digits(reader);
  }
  if (peek(reader) == '.') {
    reader->at++;
    read_digits(reader);
    is_whole = false;
  }
  if (peek(reader) == 'e' || peek(reader) == 'E') {
    reader->at++;
    if (peek(reader) == '+' || peek(reader) == '-') reader->at++;
    read_digits(reader);
    is_whole = false;
  }
  if (is_whole && to_integer(text, reader->at, &integer)) {
    lua_pushinteger(reader->L, integer);
    return;
  }
  lua_Number number = to_float(reader, text, (size_t)(reader->at - text));
  if (!isfinite(number)) fail(reader, "a number too large");
  if (number == floor(number) && fabs(number) <= WHOLE_MAX) {
    lua_pushinteger(reader->L, (lua_Integer)number);
  } else {
    lua_pushnumber(reader->L, number);
  }
}

/* ---- texts ---- */

/* Telegram escapes each letter that is not ASCII. So what is said in most languages comes through here, letter by letter. */
static unsigned read_hex(struct reader *reader) {
  static const unsigned char digits[256] = {
      /* one more than its value; 0: it is none */
      ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
      ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
      ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};
  unsigned value = 0;
  const char *at = reader->at;
  for (int i = 0; i < 4; i++, at++) {
    unsigned digit = at < reader->end ? digits[(unsigned char)*at] : 0;
    if (!digit) {
      reader->at = at;
      fail(reader, "four hexadecimal digits expected");
    }
    value = value << 4 | (digit - 1);
  }
  reader->at = at;
  return value;
}

/* After \u: one character, of two escapes where it takes two. */
static unsigned read_code_point(struct reader *reader) {
  unsigned first = read_hex(reader);
  if (first < 0xD800 || first > 0xDFFF) return first;
  bool has_second = first < 0xDC00 && reader->end - reader->at > 2 && reader->at[0] == '\\' && reader->at[1] == 'u';
  if (has_second) reader->at += 2;
  unsigned second = has_second ? read_hex(reader) : 0;
  if (second < 0xDC00 || second > 0xDFFF) fail(reader, "half of a surrogate pair");
  return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static char *add_utf8(char *to, unsigned code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
  *to++ = (char)(lead[more] | code >> 6 * more);
  while (more-- > 0) *to++ = (char)(0x80 | (code >> 6 * more & 0x3F));
  return to;
}

static char *read_escape(struct reader *reader, char *to) {
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  char byte = peek(reader);
  if (byte == 'u') {
    reader->at++;
    return add_utf8(to, read_code_point(reader));
  }
  const char *letter = byte ? strchr(letters, byte) : NULL;
  if (!letter) fail(reader, "an escape that JSON does not have");
  reader->at++;
  *to++ = meanings[letter - letters];
  return to;
}

/* A text never grows when its escapes are read. */
static void read_escaped(struct reader *reader, const char *close) {
  luaL_Buffer buffer;
  char *text = luaL_buffinitsize(reader->L, &buffer, (size_t)(close - reader->at)), *to = text;
  while (reader->at < close) {
    if (*reader->at == '\\') { /* as after most escapes */
      reader->at++;
      to = read_escape(reader, to);
      continue;
    }
    const char *escape = memchr(reader->at, '\\', (size_t)(close - reader->at));
    size_t plain = (size_t)((escape ? escape : close) - reader->at);
    memcpy(to, reader->at, plain);
    to += plain;
    reader->at += plain;
  }
  luaL_pushresultsize(&buffer, (size_t)(to - text));
}

/* The quote that ends the text; *has_escape tells whether it can be taken as it stands. */
static const char *find_close(struct reader *reader, bool *has_escape) {
  const char *at = reader->at;
  for (*has_escape = false; at < reader->end && *at != '"'; at++) {
    if (*at != '\\') continue;
    *has_escape = true;
    at++; /* what is escaped may be a quote */
  }
  if (at >= reader->end) fail(reader, "a text without end");
  return at;
}

static void read_text(struct reader *reader) {
  bool has_escape;
  reader->at++;
  const char *close = find_close(reader, &has_escape);
  if (has_escape) {
    read_escaped(reader, close);
  } else {
    lua_pushlstring(reader->L, reader->at, (size_t)(close - reader->at));
  }
  reader->at = close + 1;
}

/* ---- lists, objects ---- */

static bool read_value(struct reader *reader, int depth);

/* A table, a name and a value, and what read_text() needs. */
static void check_stack(lua_State *L) { luaL_checkstack(L, 8, "JSON"); }

/* Room for fields, so that few tables grow while they are filled. An update has two fields and its message seven or so; people
 * and chats about as many; what is within them fewer. */
static int room_at(int depth) { return depth == 1 ? 2 : depth == 2 || depth == 3 ? 8 : 4; }

/* True: another item follows. */
static bool has_next(struct reader *reader, char close) {
  skip_blanks(reader);
  char byte = peek(reader);
  if (byte != ',' && byte != close) fail(reader, close == ']' ? "a comma or ] expected" : "a comma or } expected");
  reader->at++;
  return byte == ',';
}

/* After the bracket: is that all? */
static bool is_empty(struct reader *reader, char close) {
  reader->at++;
  skip_blanks(reader);
  if (peek(reader) != close) return false;
  reader->at++;
  return true;
}

static void push_array_mark(struct reader *reader) {
  lua_State *L = reader->L;
  if (lua_isnil(L, reader->array_mark)) {
    luaL_getmetatable(L, API_ARRAY);
    lua_replace(L, reader->array_mark);
  }
  lua_pushvalue(L, reader->array_mark);
}

static void read_list(struct reader *reader, int depth) {
  lua_State *L = reader->L;
  check_stack(L);
  lua_newtable(L);
  if (!is_empty(reader, ']')) {
    lua_Integer i = 0;
    do {
      (void)read_value(reader, depth);
      lua_rawseti(L, -2, ++i);
    } while (has_next(reader, ']'));
  }
  push_array_mark(reader);
  lua_setmetatable(L, -2);
}

static void read_object(struct reader *reader, int depth) {
  lua_State *L = reader->L;
  check_stack(L);
  lua_createtable(L, 0, room_at(depth));
  if (is_empty(reader, '}')) return;
  do {
    skip_blanks(reader);
    if (peek(reader) != '"') fail(reader, "a name in quotes expected");
    read_text(reader);
    skip_blanks(reader);
    if (peek(reader) != ':') fail(reader, "a colon expected");
    reader->at++;
    bool is_null = read_value(reader, depth);
    if (is_null && reader->leaves_out_null) {
      lua_pop(L, 2);
    } else {
      lua_rawset(L, -3);
    }
  } while (has_next(reader, '}'));
}

/* ---- values ---- */

static bool read_word(struct reader *reader, const char *word) {
  size_t size = strlen(word);
  if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, word, size) != 0) return false;
  reader->at += size;
  return true;
}

static bool read_other(struct reader *reader) {
  lua_State *L = reader->L;
  bool is_null = false;
  if (read_word(reader, "true")) {
    lua_pushboolean(L, true);
  } else if (read_word(reader, "false")) {
    lua_pushboolean(L, false);
  } else if (read_word(reader, "null")) {
    is_null = true;
    lua_pushlightuserdata(L, NULL);
  } else {
    fail(reader, "a value expected");
  }
  return is_null;
}

/* True: it is null. */
static bool read_value(struct reader *reader, int depth) {
  if (depth > DEPTH_MAX) fail(reader, "nested too deep");
  skip_blanks(reader);
  char byte = peek(reader);
  switch (byte) {
    case '"': read_text(reader); break;
    case '{': read_object(reader, depth + 1); break;
    case '[': read_list(reader, depth + 1); break;
    default:
      if (byte == '-' || is_digit(byte)) {
        read_number(reader);
      } else {
        return read_other(reader);
      }
  }
  return false;
}

/* Returns how much of the text the value is. */
static size_t decode(lua_State *L, const char *text, size_t size, bool leaves_out_null, bool may_have_more) {
  check_stack(L);
  lua_pushnil(L);
  struct reader reader = {
      .L = L, .begin = text, .at = text, .end = text + size, .array_mark = lua_gettop(L), .leaves_out_null = leaves_out_null};
  (void)read_value(&reader, 0);
  if (!may_have_more) skip_blanks(&reader);
  if (!may_have_more && reader.at < reader.end) fail(&reader, "the end expected");
  lua_replace(L, reader.array_mark);
  return (size_t)(reader.at - reader.begin);
}

void api_decode(lua_State *L, const char *text, size_t size) { (void)decode(L, text, size, false, false); }
void api_decode_telegram(lua_State *L, const char *text, size_t size) { (void)decode(L, text, size, true, false); }
size_t api_decode_next(lua_State *L, const char *text, size_t size) { return decode(L, text, size, true, true); }
