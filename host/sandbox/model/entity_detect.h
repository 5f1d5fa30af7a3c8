/* What Telegram finds in a text by itself: commands, mentions, hashtags, cashtags, e-mail addresses, links. */
#pragma once

struct buffer;
struct entity_list;

/* Adds what is found to the list, but nothing within a link, a mention or code that is in the list already. */
void entity_detect(const struct buffer *text, struct entity_list *list);
