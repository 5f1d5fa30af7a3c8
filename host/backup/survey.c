/* A survey is a restore that stops after the first document: the manifest says enough for a list, so the base, which may have
 * many megabytes, is not fetched. Of an encrypted one, what the key opens is read on a worker; without the key the rest is
 * told. */
#include "backup/survey.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "backup/anchor.h"
#include "backup/archive.h"
#include "backup/backup_state.h"
#include "common/loop.h"
#include "common/memory.h"

static_assert((int)BACKUP_COPIES_MAX == (int)MANIFEST_HISTORY_MAX, "all copies of a manifest can be told");

struct survey {
  struct backup_state *state;
  backup_survey_done done;
  void *data;
  struct backup_seen seen;
  struct archive_source source; /* ours; from found on */
  struct manifest manifest;
  bool is_working, is_canceled;
};

/* ---- the life of a survey, in order ---- */
static void on_found(const struct anchor_found *found, void *data);
static void open_manifest(void *data); /* worker; only where a key is needed, and some are there */
static void on_opened(void *data);
static void survey_end(struct survey *survey);

struct survey *survey_start(struct backup_state *state, backup_survey_done done, void *data) {
  struct survey *survey = memory_new(sizeof *survey);
  *survey = (struct survey){.state = state, .done = done, .data = data};
  anchor_find(state->anchor, NULL, on_found, survey);
  return survey;
}

static void survey_free(struct survey *survey) {
  free((void *)(uintptr_t)survey->source.bytes);
  free(survey);
}

void survey_cancel(struct survey *survey) {
  anchor_cancel(survey->state->anchor);
  survey->is_canceled = true;
  if (!survey->is_working) survey_free(survey); /* otherwise on_opened() does */
}

/* The image's size follows from its pages, so nothing is unpacked. */
static void describe(const struct manifest *manifest, struct backup_seen *seen) {
  seen->last.saved_at = manifest->saved_at;
  seen->epoch = manifest->epoch;
  seen->sequence = manifest->sequence;
  seen->image_size = (size_t)(manifest->page_size * manifest->page_count);
  seen->copy_count = manifest->history_count;
  (void)snprintf(seen->key_id, sizeof seen->key_id, "%s", manifest->key.id);
  for (size_t i = 0; i < manifest->history_count; i++) {
    seen->copies[i] = (struct backup_copy){manifest->history[i].message_id, manifest->history[i].saved_at};
  }
}

static void on_found(const struct anchor_found *found, void *data) {
  struct survey *survey = data;
  struct backup_state *state = survey->state;
  struct error error = {0};
  survey->seen = (struct backup_seen){.error = found->error, .is_there = found->is_there, .document_size = found->size};
  survey->seen.last.message_id = found->message_id;
  if (found->manifest) describe(found->manifest, &survey->seen);
  if (*survey->seen.key_id && state->keys) {
    survey->source.keys = state->keys;
    survey->source.bytes = anchor_take(state->anchor, &survey->source.size);
    survey->is_working = survey->source.bytes && loop_work(state->loop, open_manifest, on_opened, survey, &error);
  }
  if (!survey->is_working) survey_end(survey);
}

/* A failure says no more than that it can't be opened here; a restore tells why. */
static void open_manifest(void *data) {
  struct survey *survey = data;
  struct error error = {0};
  if (!archive_open_manifest(&survey->source, &survey->manifest, &error)) survey->manifest.page_count = 0;
}

static void on_opened(void *data) {
  struct survey *survey = data;
  const struct manifest *manifest = &survey->manifest;
  survey->is_working = false;
  survey->seen.image_size = (size_t)(manifest->page_size * manifest->page_count);
  if (survey->is_canceled) {
    survey_free(survey);
  } else {
    survey_end(survey);
  }
}

static void survey_end(struct survey *survey) {
  survey->done(&survey->seen, survey->data);
  survey_free(survey);
}
