/* The order of texts in every alphabet, for people who read them. GLib is loaded with the first comparison. Any thread. */
#pragma once
#include <stddef.h>

/* Negative, 0 or positive: the order of two texts for people who read them. Letters come before others of a different alphabet
 * by their numbers in Unicode, a letter with an accent right behind the one without, Ё behind Е; 0 for texts that differ only
 * in case. Bytes that are not UTF-8 come last. Asks for no memory. */
int text_order_compare(const char *one, size_t one_size, const char *other, size_t other_size);
