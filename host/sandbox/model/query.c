#include "sandbox/model/query.h"

#include <stdlib.h>

#include "common/memory.h"
#include "sandbox/model/model.h"

#define QUERY_MAX 50000 /* remembered at once; far more than are pressed in the 150 s that they live */

static void free_query(struct model *model, struct query *query) {
  HASH_DEL(model->queries, query);
  free(query->text);
  free(query->offset);
  free(query->answer);
  free(query);
}

struct query *query_add(struct model *model, enum query_kind kind, const char *text) {
  if (HASH_COUNT(model->queries) >= QUERY_MAX) free_query(model, model->queries); /* uthash keeps the order of arrival */
  struct query *query = memory_new(sizeof *query);
  query->id = model->next_query_id++;
  query->asked_at = model_now(model);
  query->kind = kind;
  query->text = memory_copy_text(text);
  HASH_ADD(hh, model->queries, id, sizeof query->id, query);
  return query;
}

struct query *query_find(const struct model *model, int64_t id) {
  struct query *query;
  HASH_FIND(hh, model->queries, &id, sizeof id, query);
  return query;
}

void query_drop_all(struct model *model) {
  while (model->queries) free_query(model, model->queries);
}
