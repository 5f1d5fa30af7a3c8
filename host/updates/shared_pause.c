/* A pause is a word for the other hosts, "pause HOST CHAT SECONDS METHOD", where METHOD is "-" for the whole chat. Words are
 * told from the loop and several at once, since a flood of answers asks for many pauses, and telling waits for the database. */
#include "updates/shared_pause.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "telegram/telegram.h"
#include "updates/updates_options.h"

#define WORD "pause "

enum {
  WORDS_MOST = 100, /* at once; of more pauses the other hosts learn by themselves */
  WORD_SIZE = 120,
};

struct shared_pauses {
  const struct updates_options *options;
  struct clock_timer telling;
  unsigned count;
  char words[WORDS_MOST][WORD_SIZE];
};

static void on_tell(void *data) {
  struct shared_pauses *pauses = data;
  struct database *database = pauses->options->database;
  struct error error = {0};
  bool ok = database_begin(database, &error);
  for (unsigned i = 0; ok && i < pauses->count; i++) ok = database_tell_hosts(database, pauses->words[i], &error);
  ok = ok && database_commit(database, &error);
  database_rollback(database);
  if (!ok) log_warn("the other hosts can't be told of a pause that Telegram asks for; error=%s", error.text);
  pauses->count = 0;
}

static void on_paused(const struct telegram_pause *pause, void *data) {
  struct shared_pauses *pauses = data;
  if (pauses->count == WORDS_MOST) return;
  (void)snprintf(pauses->words[pauses->count++], WORD_SIZE, WORD "%" PRId64 " %" PRId64 " %d %.48s",
                 database_fence(pauses->options->database), pause->chat_id, pause->seconds,
                 pause->is_of_chat ? "-" : pause->method);
  if (!clock_is_started(&pauses->telling)) clock_start(pauses->options->clock, &pauses->telling, 0, on_tell, pauses);
}

/* False: it is not well-formed. */
static bool read_word(const char *word, int64_t *host, struct telegram_pause *pause) {
  char *rest;
  *host = strtoll(word, &rest, 10);
  pause->chat_id = strtoll(rest, &rest, 10);
  long long seconds = strtoll(rest, &rest, 10);
  if (seconds < 1 || seconds > INT32_MAX || rest[0] != ' ' || !rest[1]) return false;
  pause->seconds = (int)seconds;
  pause->method = rest + 1;
  pause->is_of_chat = strcmp(pause->method, "-") == 0;
  return true;
}

bool shared_pauses_hear(struct shared_pauses *pauses, const char *word) {
  struct telegram_pause pause;
  int64_t host;
  if (strncmp(word, WORD, sizeof WORD - 1) != 0) return false;
  if (!read_word(word + sizeof WORD - 1, &host, &pause) || host == database_fence(pauses->options->database)) return true;
  telegram_hold(pauses->options->telegram, &pause);
  log_info("another host was asked for a pause, and this one keeps it too; method=%s chat=%lld seconds=%d",
           pause.is_of_chat ? NULL : pause.method, (long long)pause.chat_id, pause.seconds);
  return true;
}

struct shared_pauses *shared_pauses_open(const struct updates_options *options) {
  struct shared_pauses *pauses = memory_new(sizeof *pauses);
  pauses->options = options;
  if (database_is_shared(options->database)) telegram_on_pause(options->telegram, on_paused, pauses);
  return pauses;
}

void shared_pauses_close(struct shared_pauses *pauses) {
  if (!pauses) return;
  telegram_on_pause(pauses->options->telegram, NULL, NULL);
  clock_stop(pauses->options->clock, &pauses->telling);
  free(pauses);
}
