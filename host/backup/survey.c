/* A survey is a restore that stops after the first document: the manifest says enough for a list, so the base, which may have
 * many megabytes, is not fetched. */
#include "backup/survey.h"

#include <assert.h>
#include <stdlib.h>

#include "backup/anchor.h"
#include "backup/backup_state.h"
#include "common/memory.h"

static_assert((int)BACKUP_COPIES_MAX == (int)MANIFEST_HISTORY_MAX, "all copies of a manifest can be told");

struct survey {
  struct backup_state *state;
  backup_survey_done done;
  void *data;
};

static void on_found(const struct anchor_found *found, void *data);

struct survey *survey_start(struct backup_state *state, backup_survey_done done, void *data) {
  struct survey *survey = memory_new(sizeof *survey);
  *survey = (struct survey){state, done, data};
  anchor_find(state->anchor, NULL, on_found, survey);
  return survey;
}

void survey_cancel(struct survey *survey) {
  anchor_cancel(survey->state->anchor);
  free(survey);
}

/* The image's size follows from its pages, so nothing is unpacked. */
static void describe(const struct manifest *manifest, struct backup_seen *seen) {
  seen->last.saved_at = manifest->saved_at;
  seen->epoch = manifest->epoch;
  seen->sequence = manifest->sequence;
  seen->image_size = (size_t)(manifest->page_size * manifest->page_count);
  seen->copy_count = manifest->history_count;
  for (size_t i = 0; i < manifest->history_count; i++) {
    seen->copies[i] = (struct backup_copy){manifest->history[i].message_id, manifest->history[i].saved_at};
  }
}

static void on_found(const struct anchor_found *found, void *data) {
  struct survey *survey = data;
  struct backup_seen seen = {.error = found->error, .is_there = found->is_there, .document_size = found->size};
  seen.last.message_id = found->message_id;
  if (found->manifest) describe(found->manifest, &seen);
  survey->done(&seen, survey->data);
  free(survey);
}
