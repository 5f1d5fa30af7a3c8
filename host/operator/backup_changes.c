/* Two copies: `before`, of the last backup, and `copied`, of the one under way. When that is saved, a worker compares them and
 * has both meanwhile. A backup that comes before the worker is done is compared with the next. */
#include "operator/backup_changes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "database/database.h"

enum { TEXT_CEILING = 64 << 10 };

struct copy {
  unsigned char *image; /* ours; NULL: none */
  size_t size;
};

struct comparison {             /* on a worker, except for the owner */
  struct backup_changes *owner; /* NULL: it is closed */
  struct copy before, after;
  struct buffer text;
  struct error error;
};

struct backup_changes {
  struct loop *loop;
  struct database *database;
  struct copy before, copied;
  struct comparison *comparison; /* NULL: none is under way */
};

static void copy_release(struct copy *copy) {
  free(copy->image);
  *copy = (struct copy){0};
}

static void copy_make(const struct backup_changes *changes, struct copy *copy) {
  struct error error = {0};
  copy_release(copy);
  if (!database_serialize(changes->database, &copy->image, &copy->size, &error))
    log_warn("what the next backup changes can't be told; error=%s", error.text);
}

struct backup_changes *backup_changes_open(struct loop *loop, struct database *database) {
  struct backup_changes *changes = memory_new(sizeof *changes);
  changes->loop = loop;
  changes->database = database;
  return changes;
}

void backup_changes_close(struct backup_changes *changes) {
  if (!changes) return;
  if (changes->comparison) changes->comparison->owner = NULL;
  copy_release(&changes->before);
  copy_release(&changes->copied);
  free(changes);
}

void backup_changes_begin(struct backup_changes *changes) {
  if (changes) copy_make(changes, &changes->before);
}

void backup_changes_copied(struct backup_changes *changes) {
  if (changes) copy_make(changes, &changes->copied);
}

/* ---- comparing ---- */

static void comparison_free(struct comparison *comparison) {
  copy_release(&comparison->before);
  copy_release(&comparison->after);
  buffer_release(&comparison->text);
  free(comparison);
}

static void compare(void *data) {
  struct comparison *comparison = data;
  const struct copy *before = &comparison->before, *after = &comparison->after;
  (void)difference_write(before->image, before->size, after->image, after->size, &comparison->text, &comparison->error);
}

static void on_compared(void *data) {
  struct comparison *comparison = data;
  struct backup_changes *changes = comparison->owner;
  if (comparison->error.kind)
    log_warn("what the backup changes can't be told; error=%s", comparison->error.text);
  else
    log_info("the backup's changes; rows=%s", comparison->text.size ? comparison->text.data : "none");
  if (changes) {
    changes->before = comparison->after;
    comparison->after = (struct copy){0};
    changes->comparison = NULL;
  }
  comparison_free(comparison);
}

void backup_changes_saved(struct backup_changes *changes) {
  if (!changes || changes->comparison || !changes->copied.image) return;
  struct error error = {0};
  struct comparison *comparison = memory_new(sizeof *comparison);
  *comparison = (struct comparison){.owner = changes, .before = changes->before, .after = changes->copied};
  buffer_init(&comparison->text, TEXT_CEILING);
  changes->before = changes->copied = (struct copy){0};
  changes->comparison = comparison;
  if (loop_work(changes->loop, compare, on_compared, comparison, &error)) return;
  changes->comparison = NULL;
  log_warn("what the backup changes can't be told; error=%s", error.text);
  comparison_free(comparison);
}
