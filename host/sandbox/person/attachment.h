/* What a message of a person holds besides text: a file that came with the request, or content of a named kind (a sticker, a
 * location, ...). */
#pragma once
#include <stdbool.h>

struct action;

/* The content members of the message. *is_file: it has a caption. Given: free(). NULL: it is text only. */
char *attachment_read(struct action *action, bool *is_file);
