#include "database/postgres_type.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* A numeric is no whole number when it is divided, so a cast makes a float; a column keeps a whole one whole. */
static const struct postgres_type types[] = {{"bigint", "INTEGER", "INTEGER", POSTGRES_INTEGER},
                                             {"integer", "INTEGER", "INTEGER", POSTGRES_INTEGER},
                                             {"smallint", "INTEGER", "INTEGER", POSTGRES_INTEGER},
                                             {"boolean", "INTEGER", NULL, POSTGRES_INTEGER},
                                             {"double precision", "REAL", "REAL", POSTGRES_REAL},
                                             {"real", "REAL", "REAL", POSTGRES_REAL},
                                             {"numeric", "NUMERIC", "REAL", POSTGRES_OTHER},
                                             {"text", "TEXT", "TEXT", POSTGRES_TEXT},
                                             {"character varying", "TEXT", "TEXT", POSTGRES_TEXT},
                                             {"name", "TEXT", "TEXT", POSTGRES_OTHER},
                                             {"json", "TEXT", "TEXT", POSTGRES_TEXT},
                                             {"jsonb", "TEXT", "TEXT", POSTGRES_OTHER},
                                             {"bytea", "BLOB", "BLOB", POSTGRES_BYTES}};
static const struct postgres_type other = {"", "TEXT", NULL, POSTGRES_OTHER};

static bool begins_with(const char *text, size_t size, const char *word) {
  size_t length = strlen(word);
  if (size < length || memcmp(text, word, length) != 0) return false;
  return size == length || (!isalnum((unsigned char)text[length]) && text[length] != '_');
}

const struct postgres_type *postgres_type_find(const char *text, size_t size) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (begins_with(text, size, types[i].name)) return &types[i];
  }
  return NULL;
}

const struct postgres_type *postgres_type_of_column(const char *type) {
  const struct postgres_type *found = strstr(type, "[]") ? NULL : postgres_type_find(type, strlen(type));
  return found ? found : &other;
}
