/* Links and e-mail addresses in plain text: those with a scheme, and bare ones that end with a top-level domain of the list in
 * top_level_domains.txt. Any thread. */
#pragma once
#include <stddef.h>

struct entity_list;

/* Adds urls and emails. Offsets and lengths are bytes. */
void entity_url_find(const char *text, size_t size, struct entity_list *list);

/* Adds links of Telegram's own schemes: tg://, ton://, tonsite://. Bytes, too. */
void entity_url_find_own(const char *text, size_t size, struct entity_list *list);
