/* Matches Lua's patterns within a budget of steps. A matcher that goes back: each place where it could go on in another way
 * is a choice on a stack of its own, so that the machine's stack does not grow. Lua's own matcher calls itself instead, at
 * most 200 deep; CHOICES makes the two agree about which pattern is too complex. All work is counted in steps: one for a
 * character or an item that is looked at. */
#include "script/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <limits.h>
#include <string.h>

#include "script/budget.h"

enum {
  CHOICES = 199,
  STEPS_BEFORE_SPENDING = 1000, /* a call adds what is left: this only keeps the inner loop short */
};

enum { SHORT_SET = 16 }; /* characters of a set that are one step with its item */

enum choice_kind { CHOICE_CAPTURE_START, CHOICE_CAPTURE_END, CHOICE_OPTIONAL, CHOICE_GREEDY, CHOICE_LAZY };

struct choice {
  enum choice_kind kind;
  const char *subject; /* where the item began */
  const char *item;    /* of a lazy one */
  const char *next;    /* the pattern behind the item */
  size_t count;        /* greedy: repetitions that are left; the end of a capture: which */
};

/* A place in both, and the ways not taken. */
struct search {
  struct pattern *pattern;
  const char *at;   /* in the subject */
  const char *item; /* in the pattern */
  unsigned choice_count;
  struct choice choices[CHOICES];
};

static void spend(struct pattern *pattern, size_t steps) {
  pattern->steps += steps;
  if (pattern->steps < STEPS_BEFORE_SPENDING) return;
  steps = pattern->steps;
  pattern->steps = 0;
  budget_spend(pattern->L, steps);
}

/* ---- one character ---- */

static bool is_of_class(int character, int class) {
  bool is_member;
  switch (tolower(class)) {
    case 'a': is_member = isalpha(character); break;
    case 'c': is_member = iscntrl(character); break;
    case 'd': is_member = isdigit(character); break;
    case 'g': is_member = isgraph(character); break;
    case 'l': is_member = islower(character); break;
    case 'p': is_member = ispunct(character); break;
    case 's': is_member = isspace(character); break;
    case 'u': is_member = isupper(character); break;
    case 'w': is_member = isalnum(character); break;
    case 'x': is_member = isxdigit(character); break;
    case 'z': is_member = character == '\0'; break; /* not in the manual any more, but Lua knows it */
    default: return character == class;
  }
  return is_member == !isupper(class);
}

/* [set], of which last is the closing bracket. */
static bool is_in_set(int character, const char *set, const char *last) {
  const unsigned char *at = (const unsigned char *)set + 1, *stop = (const unsigned char *)last;
  bool is_negated = *at == '^';
  if (is_negated) at++;
  while (at < stop) {
    bool is_member;
    if (*at == '%') {
      is_member = is_of_class(character, at[1]);
      at += 2;
    } else if (at[1] == '-' && at + 2 < stop) {
      is_member = at[0] <= character && character <= at[2];
      at += 3;
    } else {
      is_member = *at++ == character;
    }
    if (is_member) return !is_negated;
  }
  return is_negated;
}

/* item: one that stands for a single character, and ends at item_end. */
static bool fits(const struct pattern *pattern, const char *at, const char *item, const char *item_end) {
  if (at >= pattern->end) return false;
  int character = (unsigned char)*at;
  switch (*item) {
    case '.': return true;
    case '%': return is_of_class(character, (unsigned char)item[1]);
    case '[': return is_in_set(character, item, item_end - 1);
    default: return (unsigned char)*item == character;
  }
}

static const char *set_end(struct pattern *pattern, const char *set) {
  const char *at = set + 1;
  if (*at == '^') at++;
  do { /* a bracket that comes first is a member */
    if (at == pattern->text_end) luaL_error(pattern->L, "malformed pattern (missing ']')");
    if (*at++ == '%' && at < pattern->text_end) at++;
  } while (*at != ']');
  return at + 1;
}

static const char *item_end(struct pattern *pattern, const char *item) {
  if (*item == '[') return set_end(pattern, item);
  if (*item != '%') return item + 1;
  if (item + 1 == pattern->text_end) luaL_error(pattern->L, "malformed pattern (ends with '%%')");
  return item + 2;
}

/* ---- captures ---- */

static unsigned closed_capture(struct pattern *pattern, int digit) {
  int index = digit - '1';
  if (index < 0 || index >= (int)pattern->capture_count || pattern->captures[index].state == CAPTURE_OPEN) {
    luaL_error(pattern->L, "invalid capture index %%%d", index + 1);
  }
  return (unsigned)index;
}

static unsigned open_capture(struct pattern *pattern) {
  for (unsigned i = pattern->capture_count; i-- > 0;) {
    if (pattern->captures[i].state == CAPTURE_OPEN) return i;
  }
  luaL_error(pattern->L, "invalid pattern capture");
  return 0;
}

void pattern_push_capture(struct pattern *pattern, unsigned index, const char *start, const char *end) {
  lua_State *L = pattern->L;
  if (index >= pattern->capture_count) {
    if (index > 0) luaL_error(L, "invalid capture index %%%d", (int)index + 1);
    lua_pushlstring(L, start, (size_t)(end - start));
    return;
  }
  const struct pattern_capture *capture = &pattern->captures[index];
  if (capture->state == CAPTURE_OPEN) luaL_error(L, "unfinished capture");
  if (capture->state == CAPTURE_POSITION) {
    lua_pushinteger(L, capture->start - pattern->subject + 1);
  } else {
    lua_pushlstring(L, capture->start, capture->size);
  }
}

int pattern_push_captures(struct pattern *pattern, const char *start, const char *end) {
  unsigned count = pattern->capture_count == 0 && start ? 1 : pattern->capture_count;
  luaL_checkstack(pattern->L, (int)count, "too many captures");
  for (unsigned i = 0; i < count; i++) pattern_push_capture(pattern, i, start, end);
  return (int)count;
}

/* ---- items; each leaves the search behind it. False: it does not match ---- */

static struct choice *add_choice(struct search *search, enum choice_kind kind) {
  if (search->choice_count == CHOICES) luaL_error(search->pattern->L, "pattern too complex");
  struct choice *choice = &search->choices[search->choice_count++];
  choice->kind = kind;
  return choice;
}

static void start_capture(struct search *search) {
  struct pattern *pattern = search->pattern;
  if (pattern->capture_count >= PATTERN_CAPTURES) luaL_error(pattern->L, "too many captures");
  bool is_position = search->item[1] == ')';
  add_choice(search, CHOICE_CAPTURE_START);
  pattern->captures[pattern->capture_count++] =
      (struct pattern_capture){.start = search->at, .state = is_position ? CAPTURE_POSITION : CAPTURE_OPEN};
  search->item += is_position ? 2 : 1;
}

static void end_capture(struct search *search) {
  struct pattern *pattern = search->pattern;
  unsigned index = open_capture(pattern);
  add_choice(search, CHOICE_CAPTURE_END)->count = index;
  pattern->captures[index].size = (size_t)(search->at - pattern->captures[index].start);
  pattern->captures[index].state = CAPTURE_CLOSED;
  search->item++;
}

/* %1 */
static bool match_again(struct search *search) {
  struct pattern *pattern = search->pattern;
  const struct pattern_capture *capture = &pattern->captures[closed_capture(pattern, (unsigned char)search->item[1])];
  if (capture->state == CAPTURE_POSITION || (size_t)(pattern->end - search->at) < capture->size) return false;
  spend(pattern, capture->size / 8);
  if (memcmp(capture->start, search->at, capture->size) != 0) return false;
  search->at += capture->size;
  search->item += 2;
  return true;
}

/* %bxy */
static bool match_balance(struct search *search) {
  struct pattern *pattern = search->pattern;
  if (pattern->text_end - search->item < 4) luaL_error(pattern->L, "malformed pattern (missing arguments to '%%b')");
  char opens = search->item[2], closes = search->item[3];
  if (*search->at != opens) return false;
  size_t depth = 1;
  const char *at = search->at + 1;
  for (; at < pattern->end; at++) {
    if (*at == closes) {
      if (--depth == 0) break;
    } else if (*at == opens) {
      depth++;
    }
  }
  spend(pattern, (size_t)(at - search->at));
  if (at >= pattern->end) return false;
  search->at = at + 1;
  search->item += 4;
  return true;
}

/* %f[set] */
static bool match_frontier(struct search *search) {
  struct pattern *pattern = search->pattern;
  const char *set = search->item + 2;
  if (*set != '[') luaL_error(pattern->L, "missing '[' after '%%f' in pattern");
  const char *end = set_end(pattern, set);
  spend(pattern, (size_t)(end - set));
  int before = search->at == pattern->subject ? '\0' : (unsigned char)search->at[-1];
  if (is_in_set(before, set, end - 1) || !is_in_set((unsigned char)*search->at, set, end - 1)) return false;
  search->item = end;
  return true;
}

/* As often as it can be; each repetition may be given back. at: behind those that must be. */
static void repeat_greedily(struct search *search, const char *at, const char *end) {
  struct pattern *pattern = search->pattern;
  size_t cost = end - search->item > SHORT_SET ? (size_t)(end - search->item) : 1;
  const char *stop = at;
  while (fits(pattern, stop, search->item, end)) {
    stop++;
    spend(pattern, cost);
  }
  struct choice *choice = add_choice(search, CHOICE_GREEDY);
  choice->subject = at;
  choice->next = end + 1;
  choice->count = (size_t)(stop - at);
  search->at = stop;
  search->item = end + 1;
}

static void skip_lazily(struct search *search, const char *end) {
  struct choice *choice = add_choice(search, CHOICE_LAZY);
  choice->subject = search->at;
  choice->item = search->item;
  choice->next = end + 1;
  search->item = end + 1;
}

/* A single character, and how often. */
static bool match_character(struct search *search) {
  struct pattern *pattern = search->pattern;
  const char *end = item_end(pattern, search->item);
  bool does_fit = fits(pattern, search->at, search->item, end);
  if (end - search->item > SHORT_SET) spend(pattern, (size_t)(end - search->item));
  if (!does_fit) {
    bool may_be_absent = *end == '*' || *end == '?' || *end == '-';
    search->item = end + 1;
    return may_be_absent;
  }
  switch (*end) {
    case '*': repeat_greedily(search, search->at, end); return true;
    case '+': repeat_greedily(search, search->at + 1, end); return true;
    case '-': skip_lazily(search, end); return true;
    case '?': {
      struct choice *choice = add_choice(search, CHOICE_OPTIONAL);
      choice->subject = search->at;
      choice->next = end + 1;
      search->item = end + 1;
      break;
    }
    default: search->item = end;
  }
  search->at++;
  return true;
}

static bool match_item(struct search *search) {
  switch (*search->item) {
    case '(': start_capture(search); return true;
    case ')': end_capture(search); return true;
    case '$':
      if (search->item + 1 != search->pattern->text_end) break;
      search->item++;
      return search->at == search->pattern->end;
    case '%':
      if (search->item[1] == 'b') return match_balance(search);
      if (search->item[1] == 'f') return match_frontier(search);
      if (isdigit((unsigned char)search->item[1])) return match_again(search);
      break;
    default: break;
  }
  return match_character(search);
}

/* ---- the search ---- */

/* Takes the last choice in another way. False: there is none, and so no match. */
static bool go_back(struct search *search) {
  struct pattern *pattern = search->pattern;
  while (search->choice_count > 0) {
    struct choice *choice = &search->choices[search->choice_count - 1];
    spend(pattern, 1);
    switch (choice->kind) {
      case CHOICE_CAPTURE_START: pattern->capture_count--; break;
      case CHOICE_CAPTURE_END: pattern->captures[choice->count].state = CAPTURE_OPEN; break;
      case CHOICE_OPTIONAL:
        search->at = choice->subject;
        search->item = choice->next;
        search->choice_count--;
        return true;
      case CHOICE_GREEDY:
        if (choice->count == 0) break;
        search->at = choice->subject + --choice->count;
        search->item = choice->next;
        return true;
      case CHOICE_LAZY:
        if (choice->next - choice->item > SHORT_SET) spend(pattern, (size_t)(choice->next - choice->item));
        if (!fits(pattern, choice->subject, choice->item, choice->next - 1)) break;
        search->at = ++choice->subject;
        search->item = choice->next;
        return true;
    }
    search->choice_count--;
  }
  return false;
}

const char *pattern_match(struct pattern *pattern, const char *start) {
  struct search search; /* not zeroed: 8 KB, of which most searches use nothing */
  search.pattern = pattern;
  search.at = start;
  search.item = pattern->text;
  search.choice_count = 0;
  pattern->capture_count = 0;
  while (search.item != pattern->text_end) {
    spend(pattern, 1);
    if (!match_item(&search) && !go_back(&search)) return NULL;
  }
  return search.at;
}

bool pattern_is_plain(const char *text, size_t size) {
  static const bool is_special[UCHAR_MAX + 1] = {['^'] = true, ['$'] = true, ['*'] = true, ['+'] = true, ['?'] = true,
                                                 ['.'] = true, ['('] = true, ['['] = true, ['%'] = true, ['-'] = true};
  for (size_t i = 0; i < size; i++) {
    if (is_special[(unsigned char)text[i]]) return false;
  }
  return true;
}
