/* What the author of the scripts has written: the words of their texts, these texts as wholes, and the names in the code. A
 * recording keeps them as they are, since nobody's data is in them. Comments do not count, nor does the case of letters. One
 * thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct vocabulary;

struct vocabulary *vocabulary_new(void);             /* given: vocabulary_free() */
void vocabulary_free(struct vocabulary *vocabulary); /* NULL does no harm */
/* Reads the files and the directories with all below. What can't be read is left out. What was read before stays. */
void vocabulary_read(struct vocabulary *vocabulary, const char *const *paths, size_t count);
void vocabulary_add(struct vocabulary *vocabulary, const char *source, size_t size); /* Lua's, or anything else */

/* The word or the text is valid UTF-8. */
bool vocabulary_has_word(const struct vocabulary *vocabulary, const char *word, size_t size); /* of a text */
bool vocabulary_has_name(const struct vocabulary *vocabulary, const char *name, size_t size); /* likewise, or of the code */
bool vocabulary_has_text(const struct vocabulary *vocabulary, const char *text, size_t size); /* as a whole */

/* In lower case, each letter by itself. The text is valid UTF-8; `to` has 4 bytes for each of it. Returns the size. */
size_t vocabulary_lower(const char *text, size_t size, char *to);
