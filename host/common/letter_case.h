/* The case of letters in every alphabet, by Unicode's rules. GLib is loaded with the first letter that is not of ASCII. Any
 * thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

/* Adds the text in the form that all texts have in common which differ only in the case of letters. What is not UTF-8, or has a
 * NUL in it, is folded in its ASCII letters only. False: ERROR_FULL, ERROR_MEMORY, ERROR_SYSTEM (there is no GLib here). */
bool letter_case_fold(const char *text, size_t size, struct buffer *folded, struct error *error);

/* Negative, 0 or positive: the order of two texts for people who read them. Letters come before others of a different alphabet
 * by their numbers in Unicode, a letter with an accent right behind the one without, Ё behind Е; 0 for texts that differ only
 * in case. Bytes that are not UTF-8 come last. Asks for no memory. */
int letter_case_compare(const char *one, size_t one_size, const char *other, size_t other_size);
