/* Finds a method by its name, and the nearest name to a wrong one. The two spellings ("sendMessage", "send_message") are
 * compared without case and inner underscores. The table is sorted by these plain names (the test
 * finds_every_method_of_the_table holds that), and is generated together with the annotations for editors, which
 * tests/lint/types.lua compares with it. The nearest name is found by trying all, because that happens only after somebody's
 * mistake. */
#include "telegram/method.h"

#include <ctype.h>
#include <string.h>

struct method {
  const char *name;
  const char *parameters; /* separated by spaces */
};

static const struct method methods[] = {
#include "telegram/method_table.h"
};

enum {
  METHODS = sizeof methods / sizeof methods[0],
  NAME_LETTERS = 63, /* the longest in the table has 33 */
};

struct plain_name {
  size_t length;
  char letters[NAME_LETTERS + 1];
};

/* An underscore counts as spelling only before a small letter, as in telegram.lua: "send_Message" is not what Telegram would
 * get. False: too long to be a name. */
static bool make_plain(struct plain_name *plain, const char *name, size_t size) {
  plain->length = 0;
  for (size_t i = 0; i < size; i++) {
    if (name[i] == '_' && i > 0 && i + 1 < size && islower((unsigned char)name[i + 1])) continue;
    if (plain->length == NAME_LETTERS) return false;
    plain->letters[plain->length++] = (char)tolower((unsigned char)name[i]);
  }
  plain->letters[plain->length] = '\0';
  return true;
}

static size_t least(size_t one, size_t other) { return one < other ? one : other; }

/* The number of typing errors between two names: the optimal string alignment distance. Row i, column j is the distance between
 * the first i and the first j letters; a swap looks two rows back, so three rows are enough. */
static size_t distance(const struct plain_name *one, const struct plain_name *other) {
  size_t rows[3][NAME_LETTERS + 1]; /* make_plain() refuses longer names */
  size_t *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j <= other->length; j++) last[j] = j;
  for (size_t i = 1; i <= one->length; i++) {
    row[0] = i;
    for (size_t j = 1; j <= other->length; j++) {
      char letter = one->letters[i - 1], beside = other->letters[j - 1];
      row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (letter != beside));
      bool is_swapped = i > 1 && j > 1 && letter == other->letters[j - 2] && one->letters[i - 2] == beside;
      if (is_swapped) row[j] = least(row[j], before[j - 2] + 1);
    }
    size_t *oldest = before;
    before = last, last = row, row = oldest;
  }
  return last[other->length];
}

/* The search for the nearest name; of equally near ones the first wins. */
struct search {
  struct plain_name wanted;
  size_t best; /* only what is nearer than this is taken */
};

/* At most a third of the letters may differ: with more, a short name would be near to nearly every other. */
static bool search_begin(struct search *search, const char *name) {
  bool ok = make_plain(&search->wanted, name, strlen(name));
  search->best = search->wanted.length / 3 + 1;
  return ok;
}

static bool search_is_nearer(struct search *search, const char *name, size_t size) {
  struct plain_name plain;
  if (!make_plain(&plain, name, size)) return false;
  size_t found = distance(&search->wanted, &plain);
  if (found >= search->best) return false;
  search->best = found;
  return true;
}

const struct method *method_find(const char *name) {
  struct plain_name wanted, plain;
  if (!make_plain(&wanted, name, strlen(name))) return NULL;
  for (size_t low = 0, high = METHODS; low < high;) {
    size_t middle = low + (high - low) / 2;
    make_plain(&plain, methods[middle].name, strlen(methods[middle].name)); /* ours are never too long */
    int order = strcmp(wanted.letters, plain.letters);
    if (order == 0) return &methods[middle];
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}

const char *method_name(const struct method *method) { return method->name; }

const struct method *method_nearest(const char *name) {
  const struct method *nearest = NULL;
  struct search search;
  if (!search_begin(&search, name)) return NULL;
  for (size_t i = 0; i < METHODS; i++) {
    if (search_is_nearer(&search, methods[i].name, strlen(methods[i].name))) nearest = &methods[i];
  }
  return nearest;
}

/* The table keeps the parameters of a method in one text, because 1,300 pointers would have to be relocated at each start. The
 * next parameter from *at on, and its size; NULL after the last. */
static const char *next_parameter(const char **at, size_t *size) {
  const char *parameter = *at + strspn(*at, " ");
  *size = strcspn(parameter, " ");
  *at = parameter + *size;
  return *size ? parameter : NULL;
}

bool method_has_parameter(const struct method *method, const char *name) {
  const char *at = method->parameters, *parameter;
  size_t size, wanted = strlen(name);
  while ((parameter = next_parameter(&at, &size))) {
    if (size == wanted && memcmp(parameter, name, size) == 0) return true;
  }
  return false;
}

const char *method_nearest_word(const char *words, const char *name, size_t *size) {
  const char *at = words, *parameter, *nearest = NULL;
  struct search search;
  size_t found;
  *size = 0;
  if (!search_begin(&search, name)) return NULL;
  while ((parameter = next_parameter(&at, &found))) {
    if (!search_is_nearer(&search, parameter, found)) continue;
    nearest = parameter;
    *size = found;
  }
  return nearest;
}

const char *method_nearest_parameter(const struct method *method, const char *name, size_t *size) {
  return method_nearest_word(method->parameters, name, size);
}
