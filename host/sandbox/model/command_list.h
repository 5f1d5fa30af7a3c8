/* A bot's menus of commands, each for one scope and one language. */
#pragma once

struct command_list;

struct command_list *command_list_new(void);
void command_list_free(struct command_list *list); /* NULL does no harm */

/* slot: scope and language in one text. commands: a JSON array as text; NULL: the menu is removed. Both are borrowed. */
void command_list_set(struct command_list *list, const char *slot, const char *commands);
const char *command_list_get(const struct command_list *list, const char *slot); /* borrowed; "[]" where nothing was set */
void command_list_each(const struct command_list *list, void (*visit)(const char *slot, const char *commands, void *data),
                       void *data);
