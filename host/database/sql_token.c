/* One token at a time, by its first byte. What begins nothing is a token of its own, so a reader always gets on. */
#include "database/sql_token.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
static bool is_in_name(char c) { return is_letter(c) || is_digit(c) || c == '$'; }
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

static struct sql_token make(enum sql_token_kind kind, const char *at, const char *end) {
  return (struct sql_token){kind, at, (size_t)(end - at)};
}

static struct sql_token read_space(const char *at, const char *end) {
  const char *next = at;
  while (next < end) {
    if (is_blank(*next)) {
      next++;
    } else if (next + 1 < end && next[0] == '-' && next[1] == '-') {
      while (next < end && *next != '\n') next++;
    } else if (next + 1 < end && next[0] == '/' && next[1] == '*') {
      next += 2;
      while (next < end && !(next[0] == '*' && next + 1 < end && next[1] == '/')) next++;
      next = next < end ? next + 2 : end;
    } else {
      break;
    }
  }
  return make(SQL_SPACE, at, next);
}

/* A quote inside is written twice. `[` has no such way. */
static struct sql_token read_quoted(enum sql_token_kind kind, const char *at, const char *first, const char *end) {
  char close = *first == '[' ? ']' : *first;
  for (const char *next = first + 1; next < end; next++) {
    if (*next != close) continue;
    if (close == ']' || next + 1 == end || next[1] != close) return make(kind, at, next + 1);
    next++;
  }
  return make(SQL_BROKEN, at, end);
}

static struct sql_token read_number(const char *at, const char *end) {
  const char *next = at;
  while (next < end && (is_in_name(*next) || *next == '.')) {
    bool is_exponent = (*next == 'e' || *next == 'E') && next + 1 < end && (next[1] == '+' || next[1] == '-');
    next += is_exponent ? 2 : 1;
  }
  return make(SQL_NUMBER, at, next);
}

static struct sql_token read_parameter(const char *at, const char *end) {
  const char *next = at + 1;
  while (next < end && is_in_name(*next)) next++;
  bool is_whole = *at == '?' || next > at + 1;
  return make(is_whole ? SQL_PARAMETER : SQL_BROKEN, at, next);
}

static struct sql_token read_sign(const char *at, const char *end) {
  static const char *const longer[] = {"->>", "||", "==", "!=", "<>", "<=", ">=", "<<", ">>", "->", NULL};
  for (int i = 0; longer[i]; i++) {
    size_t size = strlen(longer[i]);
    if ((size_t)(end - at) >= size && memcmp(at, longer[i], size) == 0) return make(SQL_SIGN, at, at + size);
  }
  return make(strchr("(),;.+-*/%<>=&|~", *at) && *at ? SQL_SIGN : SQL_BROKEN, at, at + 1);
}

struct sql_token sql_token_read(const char *at, const char *end) {
  if (at == end) return make(SQL_END, at, at);
  bool has_next = at + 1 < end;
  if (is_blank(*at) || (has_next && ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*')))) {
    return read_space(at, end);
  }
  if (*at == '\'') return read_quoted(SQL_STRING, at, at, end);
  if (*at == '"' || *at == '`' || *at == '[') return read_quoted(SQL_QUOTED, at, at, end);
  if ((*at == 'x' || *at == 'X') && has_next && at[1] == '\'') return read_quoted(SQL_BYTES, at, at + 1, end);
  if (is_digit(*at) || (*at == '.' && has_next && is_digit(at[1]))) return read_number(at, end);
  if (*at == '?' || *at == ':' || *at == '@' || *at == '$') return read_parameter(at, end);
  if (!is_letter(*at)) return read_sign(at, end);
  const char *next = at;
  while (next < end && is_in_name(*next)) next++;
  return make(SQL_WORD, at, next);
}

bool sql_token_is(const struct sql_token *token, const char *text) {
  bool has_text = token->kind == SQL_WORD || token->kind == SQL_SIGN;
  return has_text && strlen(text) == token->size && strncasecmp(token->at, text, token->size) == 0;
}

bool sql_token_is_any(const struct sql_token *token, const char *const *texts) {
  while (*texts && !sql_token_is(token, *texts)) texts++;
  return *texts != NULL;
}

bool sql_token_names(const struct sql_token *token, const char *beginning) {
  size_t quote = token->kind == SQL_QUOTED ? 1 : 0;
  if (token->kind != SQL_WORD && token->kind != SQL_QUOTED) return false;
  return token->size >= quote + strlen(beginning) && strncasecmp(token->at + quote, beginning, strlen(beginning)) == 0;
}
