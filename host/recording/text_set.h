/* A set of texts. NULL is an empty one. Pure but for memory. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct text_set;

bool text_set_has(const struct text_set *set, const char *text, size_t size);
bool text_set_add(struct text_set **set, const char *text, size_t size); /* copied. True: it is new */
size_t text_set_count(const struct text_set *set);
void text_set_free(struct text_set *set);
