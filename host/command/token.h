/* The bot's token: the first word of a file, or BOT_TOKEN. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct error;

/* Where file is NULL it is BOT_TOKEN, which is then taken out of the environment. Given: token_free(). NULL: ERROR_MISUSE. */
char *token_read(const char *file, struct error *error);
void token_free(char *token); /* wipes it. NULL does no harm */

/* Reads the file again, and writes a new token of the same bot into the place of the old one, where all who use it find it.
 * *is_new: it was another one. False: ERROR_MISUSE, and the old one stays. */
bool token_renew(char *token, const char *file, bool *is_new, struct error *error);
