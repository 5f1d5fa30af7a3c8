/* Validation of UTF-8 as Unicode defines it: no overlong form, no half of a surrogate pair, nothing above U+10FFFF. Pure
 * functions, any thread. */
#pragma once
#include <stddef.h>

/* How many bytes from the beginning are UTF-8; `size` where all are. A NUL is a character like any other. */
size_t utf8_valid_size(const char *text, size_t size);
