/* What the host tells the admin about itself: texts, and keyboards as JSON. They are given: overview_free(). No text: there is
 * no memory. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct admin_options;

enum { OVERVIEW_KEY_SIZE = 17 };

struct overview {
  char *text, *keyboard; /* NULL: no keyboard */
};

void overview_free(struct overview *overview);
struct overview overview_status(const struct admin_options *options, int64_t started_at);

/* The newest dead letters, each with two buttons; and the copies of earlier days, each with one. The data of a button is the
 * word below, a number and `key`, with colons between; as number 0 it is about all dead letters. */
#define OVERVIEW_AGAIN "lunokhod:again:"
#define OVERVIEW_DROP "lunokhod:drop:"
#define OVERVIEW_BACK "lunokhod:back:"
struct overview overview_letters(const struct admin_options *options, const char *key);
struct overview overview_history(const struct admin_options *options, const char *key);
