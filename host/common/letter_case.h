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
