/* lunokhod test: runs specs against the scripts, each `it` on a stage of its own. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command/command.h"
#include "command/options.h"
#include "command/services.h"
#include "command/stage.h"
#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/http.h"
#include "sandbox/sandbox.h"
#include "script/script.h"

enum { LOG_CEILING = 1 << 20 }; /* of one `it`; what is more is lost */

struct list {
  char **paths; /* ours */
  size_t count;
};

struct test {
  const char *filter;
  bool is_verbose;
  struct list scripts, specs;
  struct stage *stage; /* of the `it` that runs; NULL before the first */
  struct list started; /* what its host was started with: the host keeps the paths */
  struct buffer log;
};

static void list_add(struct list *list, const char *path) {
  list->paths = memory_try_resize(list->paths, (list->count + 1) * sizeof *list->paths);
  if (!list->paths) abort(); /* as memory_new(): the number of arguments */
  list->paths[list->count++] = memory_copy_text(path);
}

static void list_release(struct list *list) {
  while (list->count) free(list->paths[--list->count]);
  free(list->paths);
  *list = (struct list){0};
}

/* ---- the world of a spec ---- */

static void take_line(const char *line, size_t size, void *data) {
  (void)buffer_add(&((struct test *)data)->log, line, size, NULL);
}

static void leave_stage(struct test *test) {
  stage_close(test->stage);
  test->stage = NULL;
  list_release(&test->started);
  buffer_clear(&test->log);
}

static bool clear(void *data, struct error *error) {
  struct test *test = data;
  leave_stage(test);
  test->stage = stage_open(error);
  return test->stage != NULL;
}

static bool ask(const struct spec_question *question, struct buffer *answer, void *data, struct error *error) {
  const struct test *test = data;
  struct http_part part = {
      .name = question->file_field, .file_name = question->file_name, .data = question->file, .size = question->file_size};
  struct sandbox_question asked = {
      .method = question->method, .path = question->path, .json = question->json, .file = question->file_field ? &part : NULL};
  return sandbox_control(stage_sandbox(test->stage), &asked, answer, error);
}

static bool start(const char *const *paths, size_t count, int64_t admin_id, void *data, struct error *error) {
  struct test *test = data;
  list_release(&test->started);
  for (size_t i = 0; i < count; i++) list_add(&test->started, paths[i]);
  struct stage_options options = {.paths = (const char *const *)test->started.paths, .path_count = count, .admin_id = admin_id};
  return stage_start(test->stage, &options, error);
}

static bool stop(void *data, struct error *error) { return stage_stop(((struct test *)data)->stage, error); }
static bool reload(void *data, struct error *error) { return stage_reload(((struct test *)data)->stage, error); }
static void jump(int64_t ms, void *data) { stage_jump(((struct test *)data)->stage, ms); }
static bool work(int64_t ms, void *data, struct error *error) { return stage_work(((struct test *)data)->stage, ms, error); }
static int64_t now(void *data) { return stage_now(((struct test *)data)->stage); }
static size_t unfinished(void *data) { return stage_unfinished(((struct test *)data)->stage); }

static void answer_http(const struct spec_service *service, void *data) {
  const struct test *test = data;
  struct services_answer answer = {
      .status = service->status, .content_type = service->content_type, .body = service->body, .size = service->size};
  services_answer(stage_services(test->stage), service->prefix, &answer);
}

static const char *asked_http(void *data) { return services_asked(stage_services(((struct test *)data)->stage)); }

static const char *log_text(void *data) {
  const struct test *test = data;
  return test->log.data ? test->log.data : "";
}

/* ---- which files ---- */

static bool is_named(const char *name, const char *end) {
  size_t size = strlen(name), end_size = strlen(end);
  return name[0] != '.' && size > end_size && strcmp(name + size - end_size, end) == 0;
}

static int is_lua(const struct dirent *entry) { return is_named(entry->d_name, ".lua"); }

/* Its specs one by one, in the order of their names; the directory itself where there are scripts too. */
static bool add_directory(struct test *test, const char *path, struct error *error) {
  struct dirent **entries = NULL;
  int count = scandir(path, &entries, is_lua, alphasort);
  if (count < 0) return error_set(error, ERROR_MISUSE, "can't read the directory %s: %s", path, strerror(errno));
  bool has_scripts = false;
  for (int i = 0; i < count; i++) {
    char file[4096];
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    bool is_spec = is_named(entries[i]->d_name, "_spec.lua");
    bool fits = snprintf(file, sizeof file, "%s%s%s", path, slash, entries[i]->d_name) < (int)sizeof file;
    if (is_spec && fits) list_add(&test->specs, file);
    if (!is_spec) has_scripts = true;
    free(entries[i]);
  }
  free(entries);
  if (has_scripts) list_add(&test->scripts, path);
  return true;
}

static bool add_path(struct test *test, const char *path, struct error *error) {
  struct stat status;
  if (stat(path, &status)) return error_set(error, ERROR_MISUSE, "can't read %s: %s", path, strerror(errno));
  if (S_ISDIR(status.st_mode)) return add_directory(test, path, error);
  list_add(is_named(path, "_spec.lua") ? &test->specs : &test->scripts, path);
  return true;
}

static bool read_arguments(struct test *test, int count, char **arguments, struct error *error) {
  static const char head[] =
      "lunokhod test [options] SCRIPT|DIR... [SPEC...]   run specs against the scripts\n"
      "A file named *_spec.lua is a spec; a directory gives its specs, and its other Lua files as scripts.";
  const struct option_row rows[] = {
      {OPTION_TEXT, "filter", NULL, &test->filter, 0, 0, "TEXT", "only specs with this text in their names"},
      {OPTION_FLAG, "verbose", NULL, &test->is_verbose, 0, 0, NULL, "a line for each spec that succeeds, too"},
      {.kind = OPTION_END},
  };
  if (count > 1 && (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0)) {
    options_print(rows, head);
    exit(EXIT_FINE); /* nothing is open yet */
  }
  if (!options_read(rows, &count, arguments, error)) return false;
  for (int i = 1; i <= count; i++) {
    if (!add_path(test, arguments[i], error)) return false;
  }
  if (count == 0) return error_set(error, ERROR_MISUSE, "which specs? lunokhod test [options] SCRIPT|DIR... [SPEC...]");
  if (test->specs.count) return true;
  return error_set(error, ERROR_MISUSE, "there is no spec here: a file whose name ends in _spec.lua");
}

/* ---- the command ---- */

static double seconds_now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static const char *plural(unsigned count) { return count == 1 ? "" : "s"; }

static void print_result(const struct spec_result *result, double seconds) {
  (void)printf("%u success%s / %u failure%s / %u error%s / %u pending : %.2f seconds\n", result->successes,
               result->successes == 1 ? "" : "es", result->failures, plural(result->failures), result->errors,
               plural(result->errors), result->pending, seconds);
}

static int run_all(struct test *test) {
  const struct spec_world world = {clear, ask,        start,       stop,       reload,   work, jump,
                                   now,   unfinished, answer_http, asked_http, log_text, test};
  const struct spec_options options = {
      .world = &world,
      .scripts = (const char *const *)test->scripts.paths,
      .script_count = test->scripts.count,
      .filter = test->filter,
      .is_verbose = test->is_verbose,
  };
  struct spec_result result = {0};
  double began = seconds_now();
  for (size_t i = 0; i < test->specs.count; i++) {
    struct error error;
    if (spec_run(&options, test->specs.paths[i], &result, &error)) continue;
    (void)printf("%s\n", error.text);
    result.errors++;
  }
  print_result(&result, seconds_now() - began);
  return result.failures || result.errors ? EXIT_FAILED : EXIT_FINE;
}

int command_test(int count, char **arguments) {
  struct test test = {0};
  struct error error = {0};
  int exit_code = EXIT_USAGE;
  buffer_init(&test.log, LOG_CEILING);
  if (read_arguments(&test, count, arguments, &error)) {
    (void)setenv("TZ", "UTC0", 1); /* a spec says the same on every machine */
    tzset();
    log_divert(take_line, &test);
    exit_code = run_all(&test);
    leave_stage(&test);
    log_divert(NULL, NULL);
  } else {
    (void)fprintf(stderr, "lunokhod test: %s\n", error.text);
  }
  list_release(&test.scripts);
  list_release(&test.specs);
  buffer_release(&test.log);
  return exit_code;
}
