/* lunokhod test: runs specs against the scripts. Its options, which files it takes, how it sums up. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "command/command.h"
#include "command/options.h"
#include "common/error.h"
#include "common/memory.h"
#include "kit/kit.h"

struct list {
  char **paths; /* ours */
  size_t count;
};

struct test {
  const char *filter, *recording, *database_url;
  bool is_verbose;
  struct list scripts, specs;
};

static void list_add(struct list *list, const char *path) {
  list->paths = memory_try_resize(list->paths, (list->count + 1) * sizeof *list->paths);
  if (!list->paths) abort(); /* as memory_new(): the size is the number of arguments */
  list->paths[list->count++] = memory_copy_text(path);
}

static void list_release(struct list *list) {
  while (list->count) free(list->paths[--list->count]);
  free(list->paths);
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
      "lunokhod test --from FILE [SCRIPT|DIR...]         print a spec of what FILE has recorded\n"
      "A file named *_spec.lua is a spec; a directory gives its specs, and its other Lua files as scripts.";
  const struct option_row rows[] = {
      {OPTION_TEXT, "filter", NULL, &test->filter, 0, 0, "TEXT", "only specs with this text in their names"},
      {OPTION_TEXT, "from", NULL, &test->recording, 0, 0, "FILE", "print a spec of this recording of lunokhod run --record"},
      {OPTION_TEXT, "database", "LUNOKHOD_TEST_DATABASE", &test->database_url, 0, 0, "URL",
       "with the data on PostgreSQL, in a schema of its own"},
      {OPTION_FLAG, "verbose", NULL, &test->is_verbose, 0, 0, NULL, "a line for each spec that succeeds, too"},
      {.kind = OPTION_END},
  };
  if (!options_read(rows, head, &count, arguments, error)) return false;
  for (int i = 1; i <= count; i++) {
    if (!add_path(test, arguments[i], error)) return false;
  }
  if (test->recording) return true;
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

static int run_all(const struct test *test) {
  const struct spec_options options = {
      .scripts = (const char *const *)test->scripts.paths,
      .script_count = test->scripts.count,
      .filter = test->filter,
      .database_url = test->database_url,
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
  bool is_idle = !(result.successes + result.failures + result.errors + result.pending);
  if (test->filter && is_idle) {
    (void)fprintf(stderr, "lunokhod test: no spec has the text %s in its name\n", test->filter);
    return EXIT_FAILED;
  }
  return result.failures || result.errors ? EXIT_FAILED : EXIT_FINE;
}

static int print_spec(const struct test *test) {
  const struct replay_options options = {.recording = test->recording,
                                         .scripts = (const char *const *)test->scripts.paths,
                                         .script_count = test->scripts.count,
                                         .is_spec_wanted = true};
  struct replay_result result;
  struct error error = {0};
  if (replay_run(&options, &result, &error)) return EXIT_FINE;
  (void)fprintf(stderr, "lunokhod test: %s\n", error.text);
  return EXIT_USAGE;
}

int command_test(int count, char **arguments) {
  struct test test = {0};
  struct error error = {0};
  int exit_code = EXIT_USAGE;
  if (read_arguments(&test, count, arguments, &error)) {
    (void)setenv("TZ", "UTC0", 1); /* a spec says the same on every machine */
    tzset();
    exit_code = test.recording ? print_spec(&test) : run_all(&test);
  } else {
    (void)fprintf(stderr, "lunokhod test: %s\n", error.text);
  }
  list_release(&test.scripts);
  list_release(&test.specs);
  return exit_code;
}
