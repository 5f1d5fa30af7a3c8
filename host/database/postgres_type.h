/* The types of PostgreSQL, by the names that its catalog gives them, and SQLite's for them. Pure. Internal to the floor. */
#pragma once
#include <stddef.h>

enum postgres_kind { /* what a column of the type takes */
                     POSTGRES_INTEGER,
                     POSTGRES_REAL,
                     POSTGRES_TEXT,
                     POSTGRES_BYTES,
                     POSTGRES_OTHER, /* it decides by itself what text it takes */
};

struct postgres_type {
  const char *name;
  const char *column; /* SQLite's type of a column */
  const char *cast;   /* and the one to which it casts; NULL: none */
  enum postgres_kind kind;
};

/* The one that the text begins with, with or without a length: "character varying(10)[] ...". NULL: it is not known. */
const struct postgres_type *postgres_type_find(const char *text, size_t size);

/* Of a column, by its whole type. What is not known, and a list, is a text as PostgreSQL writes it. */
const struct postgres_type *postgres_type_of_column(const char *type);
