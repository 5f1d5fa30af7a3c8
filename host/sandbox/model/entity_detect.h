/* What Telegram finds in a text by itself: commands, mentions, hashtags, cashtags, bank cards, e-mail addresses, links. Any
 * thread. */
#pragma once
#include <stddef.h>

struct entity_list;

/* Adds all that is found, sorted and without overlap, in UTF-16 units. The text is valid UTF-8 and followed by a NUL. */
void entity_detect(const char *text, size_t size, struct entity_list *list);

/* One kind by itself, for the official library's cases; offsets and lengths are bytes. */
void entity_detect_mentions(const char *text, size_t size, struct entity_list *list);
void entity_detect_commands(const char *text, size_t size, struct entity_list *list);
void entity_detect_hashtags(const char *text, size_t size, struct entity_list *list);
void entity_detect_cashtags(const char *text, size_t size, struct entity_list *list);
