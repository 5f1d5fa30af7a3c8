/* Puts nested entities in order. Three classes of entities, each put in order by itself: those that may be split, quotes,
 * and all others, which are whole. */
#include "sandbox/model/entity_fix.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "sandbox/model/entity_list.h"

enum { SPLITTABLE = ENTITY_SPOILER - ENTITY_BOLD + 1 };

struct classes {
  struct entity_list splittable, quotes, whole;
};

static bool is_splittable(const struct entity *entity) { return entity->type >= ENTITY_BOLD && entity->type <= ENTITY_SPOILER; }

static bool is_quote(const struct entity *entity) {
  return entity->type == ENTITY_BLOCKQUOTE || entity->type == ENTITY_EXPANDABLE_BLOCKQUOTE;
}

/* Nothing stands within these. */
static bool is_closed(const struct entity *entity) {
  return entity->type == ENTITY_CODE || entity->type == ENTITY_PRE || entity->type == ENTITY_PRE_CODE ||
         entity->type == ENTITY_DATE_TIME;
}

static int end_of(const struct entity *entity) { return entity->offset + entity->length; }

static struct classes sort_out(struct entity_list *list) {
  struct classes classes = {0};
  entity_list_sort(list);
  for (size_t i = 0; i < list->count; i++) {
    struct entity *entity = &list->items[i];
    bool is_void = entity->length <= 0 || (entity->type == ENTITY_TEXT_MENTION && entity->user_id <= 0);
    if (is_void)
      free(entity->extra);
    else
      entity_list_add(is_splittable(entity) ? &classes.splittable
                      : is_quote(entity)    ? &classes.quotes
                                            : &classes.whole,
                      *entity);
  }
  list->count = 0;
  return classes;
}

/* Keeps the entities of a sorted list for which `is_kept` holds. */
static void keep(struct entity_list *list, bool (*is_kept)(const struct entity *entity, void *data), void *data) {
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (is_kept(&list->items[i], data))
      list->items[kept++] = list->items[i];
    else
      free(list->items[i].extra);
  }
  list->count = kept;
}

static bool is_behind(const struct entity *entity, void *data) {
  int *end = data;
  if (entity->offset < *end) return false;
  *end = end_of(entity);
  return true;
}

static void remove_overlapping(struct entity_list *list) {
  int end = 0;
  keep(list, is_behind, &end);
}

struct walk { /* along a sorted list without overlap */
  const struct entity_list *list;
  size_t at;
};

/* An entity may lie in a quote, but not across its border, nor around it. */
static bool respects_quotes(const struct entity *entity, void *data) {
  struct walk *quotes = data;
  while (quotes->at < quotes->list->count && end_of(&quotes->list->items[quotes->at]) <= entity->offset) quotes->at++;
  if (quotes->at == quotes->list->count) return true;
  const struct entity *quote = &quotes->list->items[quotes->at];
  bool begins_before = entity->offset < quote->offset && quote->offset < end_of(entity);
  return end_of(quote) >= end_of(entity) && !begins_before;
}

/* ---- splitting ---- */

/* Walks over the splittable entities from left to right. For each type there is at most one that is open. */
struct splitter {
  const struct entity_list *from;
  size_t next;
  int begin[SPLITTABLE], end[SPLITTABLE]; /* of the open ones; end 0: none is open */
  struct entity_list result;
};

/* Ends every open entity at `offset`; what goes on behind it begins anew there. */
static void cut_at(struct splitter *splitter, int offset) {
  for (int i = 0; i < SPLITTABLE; i++) {
    int *begin = &splitter->begin[i], *end = &splitter->end[i];
    if (!*end || *begin >= offset) continue;
    int stop = *end < offset ? *end : offset;
    entity_list_add(&splitter->result,
                    (struct entity){.offset = *begin, .length = stop - *begin, .type = (enum entity_type)(ENTITY_BOLD + i)});
    if (*end <= offset)
      *begin = *end = 0;
    else
      *begin = offset;
  }
}

static void walk_to(struct splitter *splitter, int offset) {
  for (; splitter->next < splitter->from->count; splitter->next++) {
    const struct entity *entity = &splitter->from->items[splitter->next];
    if (entity->offset >= offset) break;
    int *begin = &splitter->begin[entity->type - ENTITY_BOLD], *end = &splitter->end[entity->type - ENTITY_BOLD];
    if (*end && entity->offset <= *end) {
      if (end_of(entity) > *end) *end = end_of(entity);
      continue;
    }
    cut_at(splitter, entity->offset);
    *begin = entity->offset;
    *end = end_of(entity);
  }
  cut_at(splitter, offset);
}

/* Leaves the entities of `open` that end before `offset`. What was split off within code is dropped. */
static void leave(struct splitter *splitter, const struct entity **open, size_t *depth, int offset) {
  while (*depth && offset >= end_of(open[*depth - 1])) {
    const struct entity *other = open[--*depth];
    size_t count = splitter->result.count;
    walk_to(splitter, end_of(other));
    if (is_closed(other)) entity_list_cut(&splitter->result, count);
  }
  walk_to(splitter, offset);
}

/* `others` is sorted; only quotes hold others of them, so that two are open at most. */
static void split(struct entity_list *splittable, const struct entity_list *others) {
  struct splitter splitter = {.from = splittable};
  const struct entity *open[2];
  size_t depth = 0;
  for (size_t i = 0; i < others->count; i++) {
    leave(&splitter, open, &depth, others->items[i].offset);
    assert(depth < sizeof open / sizeof *open);
    open[depth++] = &others->items[i];
  }
  leave(&splitter, open, &depth, INT_MAX);
  entity_list_release(splittable);
  *splittable = splitter.result;
}

static void join(struct entity_list *list, struct classes *classes) {
  entity_list_move(list, &classes->whole);
  entity_list_move(list, &classes->quotes);
  entity_list_sort(list);
  split(&classes->splittable, list);
  entity_list_move(list, &classes->splittable);
  entity_list_sort(list);
}

void entity_fix(struct entity_list *list) {
  if (!list->count) return;
  struct classes classes = sort_out(list);
  remove_overlapping(&classes.whole);
  remove_overlapping(&classes.quotes);
  keep(&classes.whole, respects_quotes, &(struct walk){.list = &classes.quotes});
  join(list, &classes);
}

static bool is_apart(const struct entity *entity, void *data) {
  struct walk *given = data;
  while (given->at < given->list->count && end_of(&given->list->items[given->at]) <= entity->offset) given->at++;
  return given->at == given->list->count || given->list->items[given->at].offset >= end_of(entity);
}

void entity_fix_add_found(struct entity_list *list, struct entity_list *found) {
  if (!found->count) {
    entity_list_release(found);
    return;
  }
  struct classes classes = sort_out(list);
  keep(found, respects_quotes, &(struct walk){.list = &classes.quotes});
  keep(found, is_apart, &(struct walk){.list = &classes.whole});
  entity_list_move(&classes.whole, found);
  join(list, &classes);
}
