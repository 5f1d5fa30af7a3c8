/* The steps of a publication. A pin that arrives late does no harm: Telegram shows the pin of the message that was sent last,
 * and this host was still under the crown when its own was sent. A pointer that arrives late hides one that is newer, and no
 * number of registers makes that impossible. So each pointer is written into all of them, one after the other and each right
 * after a look: a host that is frozen, or dies, can spoil one, and hiding a message takes as many such hosts as there are
 * registers (tests/model: REGISTERS, LOOK_BEFORE_POINT). */
#include "backup/publishing.h"

#include <stdlib.h>

#include "backup/backup_state.h"
#include "backup/crown.h"
#include "backup/pointer.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  ROUNDS = 3, /* while no pointer has an answer */
  UNSURE_MOST = 2,
};

struct publishing {
  struct backup_state *state;
  int64_t epoch;
  publishing_done done;
  void *data;
  bool is_pinned;
  size_t pointers;                       /* writes of them so far, like the next two */
  size_t pointers_done, pointers_unsure; /* with an answer; without */
  bool is_pointing_refused;
  struct published published;
};

/* ---- the life of a publication, in order ---- */
static void on_sent(const struct anchor_sent *sent, void *data);
static void on_sent_looked(const struct error *error, enum crown_holder holder, void *data); /* never pinned without it */
static void on_first_pointed(const struct error *error, void *data); /* so found, though somebody may pin above it */
static void on_pinned(const struct error *error, void *data);
static void point(struct publishing *publishing);
static void on_point_looked(const struct error *error, enum crown_holder holder, void *data); /* never written without it */
static void on_pointed(const struct error *error, void *data);
static void on_pinned_looked(const struct error *error, enum crown_holder holder,
                             void *data); /* acknowledged, and under the crown */
static void publishing_end(struct publishing *publishing);

struct publishing *publishing_start(struct backup_state *state, const struct publishing_options *options, publishing_done done,
                                    void *data) {
  struct publishing *publishing = memory_new(sizeof *publishing);
  *publishing = (struct publishing){.state = state, .epoch = options->epoch, .done = done, .data = data};
  publishing->published.sent.message_id = options->message_id;
  if (options->message_id) {
    crown_look(state->crown, on_sent_looked, publishing);
  } else {
    anchor_send(state->anchor, options->file_name, options->caption, options->bytes, options->size, on_sent, publishing);
  }
  return publishing;
}

void publishing_cancel(struct publishing *publishing) {
  anchor_cancel(publishing->state->anchor);
  crown_cancel(publishing->state->crown);
  free(publishing);
}

/* One that may have been sent without an answer is pinned by nobody, so it is never found. */
static void on_sent(const struct anchor_sent *sent, void *data) {
  struct publishing *publishing = data;
  publishing->published.sent = *sent;
  publishing->published.error = sent->error;
  if (sent->error.kind) {
    publishing_end(publishing);
  } else {
    crown_look(publishing->state->crown, on_sent_looked, publishing);
  }
}

/* THE rule of publishing: a message is pinned only if the crown is ours after it was sent. */
static bool publishing_has_crown(struct publishing *publishing, const struct error *error, enum crown_holder holder) {
  struct published *published = &publishing->published;
  published->error = *error;
  if (error->kind) return false;
  published->is_fenced = holder != CROWN_OURS;
  return !published->is_fenced || error_set(&published->error, ERROR_REFUSED, "another host has taken over this bot");
}

static void write_pointer(struct publishing *publishing, anchor_done done) {
  int64_t message_id = publishing->published.sent.message_id;
  anchor_point(publishing->state->anchor, publishing->pointers % POINTER_REGISTERS, message_id,
               publishing->epoch ? publishing->epoch : message_id, done, publishing);
}

static void count_pointer(struct publishing *publishing, const struct error *error) {
  publishing->pointers++;
  publishing->pointers_done += !error->kind;
  publishing->pointers_unsure += error->kind == ERROR_UNCERTAIN;
  publishing->is_pointing_refused = error->kind == ERROR_REFUSED;
  if (error->kind) log_warn("can't write a pointer to the backup; error=%s", error->text);
}

static void on_sent_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct publishing *publishing = data;
  if (!publishing_has_crown(publishing, error, holder)) {
    publishing_end(publishing);
    return;
  }
  publishing->published.may_be_found = true;
  write_pointer(publishing, on_first_pointed);
}

static void on_first_pointed(const struct error *error, void *data) {
  struct publishing *publishing = data;
  count_pointer(publishing, error);
  anchor_pin(publishing->state->anchor, publishing->published.sent.message_id, on_pinned, publishing);
}

static void on_pinned(const struct error *error, void *data) {
  struct publishing *publishing = data;
  publishing->is_pinned = !error->kind;
  if (error->kind) log_warn("can't pin the backup; error=%s", error->text);
  publishing->published.error = *error;
  point(publishing);
}

/* Where writes have no answers, more of them would only be more that may be late: two suffice, beside one that is certain. */
static bool is_pointing_over(const struct publishing *publishing) {
  size_t least = publishing->pointers_done ? POINTER_REGISTERS : POINTER_REGISTERS * (size_t)ROUNDS;
  bool is_doubtful = publishing->pointers_done && publishing->pointers_unsure >= UNSURE_MOST;
  return publishing->is_pointing_refused || is_doubtful || publishing->pointers >= least;
}

static void point(struct publishing *publishing) {
  struct published *published = &publishing->published;
  published->is_published = publishing->is_pinned || publishing->pointers_done;
  if (!is_pointing_over(publishing)) {
    crown_look(publishing->state->crown, on_point_looked, publishing);
  } else if (published->is_published) {
    crown_look(publishing->state->crown, on_pinned_looked, publishing);
  } else {
    publishing_end(publishing);
  }
}

static void on_point_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct publishing *publishing = data;
  if (publishing_has_crown(publishing, error, holder)) {
    write_pointer(publishing, on_pointed);
  } else {
    publishing_end(publishing);
  }
}

static void on_pointed(const struct error *error, void *data) {
  count_pointer(data, error);
  point(data);
}

static void on_pinned_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct publishing *publishing = data;
  (void)publishing_has_crown(publishing, error, holder);
  publishing_end(publishing);
}

static void publishing_end(struct publishing *publishing) {
  publishing->done(&publishing->published, publishing->data);
  free(publishing);
}
