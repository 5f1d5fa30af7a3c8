/* Scripts in a host of their own: a database, a Telegram that the test plays (telegram/fake.h), and one script file. */
#pragma once
#include "telegram/fake.h"
/* after cmocka, as it wants */
#include <unistd.h>

#include "database/database.h"
#include "script/script.h"

struct bots {
  struct fake *fake;
  struct database *database;
  struct script *script;
  struct script_options options; /* a test may change them before bots_start() */
  char path[64];
  const char *paths[1];
  unsigned done_count;
  struct script_result done; /* of the last run that had to wait; its traceback is gone */
};

/* One line, before the test's own code. */
#define BOTS_HEAD                                                              \
  "local bot, db, telegram = require 'bot', require 'db', require 'telegram' " \
  "db.exec 'CREATE TABLE IF NOT EXISTS log(what)' local function note(what) db.exec('INSERT INTO log VALUES(?)', what) end\n"

static inline void bots_write(struct bots *bots, const char *code) {
  FILE *file = fopen(bots->path, "w");
  assert_non_null(file);
  assert_true(fputs(BOTS_HEAD, file) >= 0 && fputs(code, file) >= 0);
  assert_false(fclose(file));
}

static inline struct bots *bots_new(void) {
  struct bots *bots = memory_new(sizeof *bots);
  bots->fake = fake_open();
  bots->database = database_open(NULL);
  (void)snprintf(bots->path, sizeof bots->path, "/tmp/lunokhod-bots-XXXXXX.lua");
  int file = mkstemps(bots->path, 4);
  assert_true(file >= 0 && close(file) == 0);
  bots->paths[0] = bots->path;
  bots->options = (struct script_options){.database = bots->database,
                                          .telegram = bots->fake->telegram,
                                          .clock = bots->fake->clock,
                                          .paths = bots->paths,
                                          .path_count = 1};
  return bots;
}

static inline void bots_load(struct bots *bots, const char *code) {
  struct error error = {0};
  bots_write(bots, code);
  if (!script_load(bots->script, &error)) fail_msg("%s", error.text);
}

/* The scripts begin with this code. */
static inline void bots_start(struct bots *bots, const char *code) {
  bots->script = script_open(&bots->options);
  bots_load(bots, code);
}

static inline int bots_free(struct bots *bots) {
  script_close(bots->script);
  database_close(bots->database);
  int result = fake_free(bots->fake);
  (void)unlink(bots->path);
  free(bots);
  return result;
}

/* The one value of the query, as a number. */
static inline int64_t bots_number(const struct bots *bots, const char *sql) {
  struct error error = {0};
  struct statement *statement = statement_prepare(bots->database, STATEMENT_HOST, sql, strlen(sql), NULL, &error);
  if (!statement) fail_msg("%s", error.text);
  bool row;
  struct value value = {0};
  assert_true(statement_step(statement, &row, NULL) && row);
  statement_column(statement, 0, &value);
  statement_release(statement);
  return value.integer;
}

/* How often note(what) was called by a script, in segments that were committed. */
static inline int bots_noted(const struct bots *bots, const char *what) {
  char sql[200];
  (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM log WHERE what = '%s'", what);
  return (int)bots_number(bots, sql);
}

static inline void bots_on_done(const struct script_result *result, void *data) {
  struct bots *bots = data;
  bots->done_count++;
  bots->done = *result;
}

/* A message of that text in chat 7 is handled. True: its handler has ended, *result says how. */
static inline bool bots_say(struct bots *bots, const char *text, struct script_result *result) {
  static const struct script_run_owner owner = {.done = bots_on_done};
  static char json[300];
  (void)snprintf(json, sizeof json,
                 "{\"update_id\":1,\"message\":{\"message_id\":1,\"date\":1,\"chat\":{\"id\":7,\"type\":\"private\"},"
                 "\"from\":{\"id\":7,\"first_name\":\"A\"},\"text\":\"%s\"}}",
                 text);
  struct script_update update = {.json = json, .size = strlen(json)};
  return script_update_handle(bots->script, &update, &owner, bots, result);
}

/* A button of that data is pressed. */
static inline bool bots_press(struct bots *bots, const char *data, struct script_result *result) {
  static const struct script_run_owner owner = {.done = bots_on_done};
  static char json[300];
  (void)snprintf(json, sizeof json,
                 "{\"update_id\":2,\"callback_query\":{\"id\":\"43829999999\",\"from\":{\"id\":7,\"first_name\":\"A\"},"
                 "\"data\":\"%s\"}}",
                 data);
  struct script_update update = {.json = json, .size = strlen(json)};
  return script_update_handle(bots->script, &update, &owner, bots, result);
}

/* Telegram answers its newest request. */
static inline void bots_answer(struct bots *bots) {
  assert_true(bots->fake->count > 0);
  fake_answer(bots->fake, bots->fake->count - 1, 200,
              "{\"ok\":true,\"result\":{\"message_id\":9,\"date\":1,\"chat\":{\"id\":7,\"type\":\"private\"}}}");
}

static inline const char *bots_asked(const struct bots *bots) {
  return bots->fake->count ? bots->fake->requests[bots->fake->count - 1].method : "";
}
