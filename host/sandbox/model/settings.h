/* What a bot has said of itself, which Telegram only keeps: texts by the name of a slot, such as "commands|default|ru". */
#pragma once

struct settings;

struct settings *settings_new(void);
void settings_free(struct settings *settings); /* NULL does no harm */

/* text: mostly JSON; NULL: the slot becomes empty. Both are borrowed. */
void settings_set(struct settings *settings, const char *slot, const char *text);
const char *settings_get(const struct settings *settings, const char *slot); /* borrowed; NULL where nothing was set */
void settings_each(const struct settings *settings, void (*visit)(const char *slot, const char *text, void *data), void *data);
