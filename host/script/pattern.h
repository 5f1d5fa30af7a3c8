/* Lua's patterns: finds where one matches. The same language, limits and errors as in Lua 5.4, which pattern_test.c compares;
 * but what it does is spent from the budget of the segment, so that no pattern can hold the host up. */
#pragma once
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum { PATTERN_CAPTURES = 32 };

struct pattern_capture {
  const char *start;
  size_t size;
  enum { CAPTURE_OPEN, CAPTURE_CLOSED, CAPTURE_POSITION } state;
};

struct pattern {
  lua_State *L;              /* errors are raised there */
  const char *subject, *end; /* borrowed from strings that are on the stack, like the pattern; both end in a zero */
  const char *text, *text_end;
  size_t steps; /* not spent yet */
  unsigned capture_count;
  struct pattern_capture captures[PATTERN_CAPTURES]; /* of the last match */
};

/* Does the pattern match at start, of the subject? Returns the end of what it matches, or NULL. Raises what is wrong with the
 * pattern, as far as it had to be read. */
const char *pattern_match(struct pattern *pattern, const char *start);

/* Pushes capture number index (from 0): text, or a position. Without captures, number 0 is the whole match. */
void pattern_push_capture(struct pattern *pattern, unsigned index, const char *start, const char *end);
/* All of them; the whole match where there are none, unless start is NULL. Returns how many. */
int pattern_push_captures(struct pattern *pattern, const char *start, const char *end);

bool pattern_is_plain(const char *text, size_t size); /* no character of it is special */
