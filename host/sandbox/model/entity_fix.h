/* Which entities may stand in each other, and what becomes of those that may not: bold and its like are split where another
 * entity begins or ends, and joined where they meet; of two links that overlap the later one goes; nothing stands within code;
 * nothing but a quote stands around it. Any thread. */
#pragma once

struct entity_list;

/* Brings the list into order, sorted. Those of no length are left out. */
void entity_fix(struct entity_list *list);

/* Adds to a list in order what was found in the text, sorted and without overlap; what overlaps a link or code of the list is
 * left out. `found` is empty then. */
void entity_fix_add_found(struct entity_list *list, struct entity_list *found);
