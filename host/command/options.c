/* getopt_long() with a table that also knows the environment, the limits of numbers and the usage. */
#include "command/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/config_file.h"
#include "command/process.h"

enum { ROWS_MAX = 64, NAME_SIZE = 64, LABEL_SIZE = 400 };

static bool set_number(const struct option_row *row, const char *name, const char *text, struct error *error) {
  char *end;
  errno = 0;
  long long number = strtoll(text, &end, 10);
  if (errno || end == text || *end || number < row->least || number > row->most) {
    return error_set(error, ERROR_MISUSE, "%s must be a number from %" PRId64 " to %" PRId64 ", not '%s'", name, row->least,
                     row->most, text);
  }
  *(int64_t *)row->target = number;
  return true;
}

/* NULL: it stands on the command line, where it takes no value. */
static bool set_flag(const struct option_row *row, const char *name, const char *text, struct error *error) {
  static const char *const words[] = {"no", "yes", "0", "1", "false", "true", "off", "on"};
  size_t count = sizeof words / sizeof *words, at = text ? 0 : 1;
  while (at < count && text && strcmp(text, words[at]) != 0) at++;
  if (at == count) return error_set(error, ERROR_MISUSE, "%s is yes or no, not '%s'", name, text);
  *(bool *)row->target = at % 2;
  return true;
}

static bool set(const struct option_row *row, const char *name, const char *text, struct error *error) {
  switch (row->kind) {
    case OPTION_FLAG: return set_flag(row, name, text, error);
    case OPTION_CONFIG:
    case OPTION_SHARED_CONFIG:
    case OPTION_TEXT: *(const char **)row->target = text; return true;
    case OPTION_NUMBER: return set_number(row, name, text, error);
    default: return true;
  }
}

static bool is_config(const struct option_row *row) { return row->kind == OPTION_CONFIG || row->kind == OPTION_SHARED_CONFIG; }

static bool read_environment(const struct option_row *rows, struct error *error) {
  for (const struct option_row *row = rows; row->kind; row++) {
    const char *text = row->environment ? getenv(row->environment) : NULL;
    if (text && text[0] && !set(row, row->environment, text, error)) return false;
  }
  return true;
}

/* Before anything is read, the targets hold the defaults. A number out of its own range says that nothing was given. */
static void print_default(const struct option_row *row) {
  int64_t number = row->kind == OPTION_NUMBER ? *(const int64_t *)row->target : 0;
  if (number && number >= row->least && number <= row->most) (void)printf(" (default %" PRId64 ")", number);
  if (row->kind == OPTION_TEXT && *(const char *const *)row->target)
    (void)printf(" (default %s)", *(const char *const *)row->target);
}

static void print_usage(const struct option_row *rows, const char *head) {
  (void)puts(head);
  for (const struct option_row *row = rows; row->kind; row++) {
    char left[64];
    (void)snprintf(left, sizeof left, "--%s%s%s", row->flag, row->value ? " " : "", row->value ? row->value : "");
    (void)printf("  %-26s%s", left, row->help);
    print_default(row);
    if (row->environment) (void)printf(" (or %s)", row->environment);
    (void)puts("");
  }
}

/* Wherever it stands: `backup pull --help` asks for it, too. */
static bool asks_for_help(int count, char *const *arguments) {
  for (int i = 1; i < count && strcmp(arguments[i], "--") != 0; i++) {
    if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) return true;
  }
  return false;
}

/* Where a person has put the token itself: everybody on the machine can read a command line. */
static bool looks_like_a_token(const char *text) {
  static const char secret[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  size_t digits = strspn(text, "0123456789");
  return digits >= 5 && text[digits] == ':' && strspn(text + digits + 1, secret) >= 30;
}

/* getopt_long() takes --token for --token-file, and shows what it does not know. */
static bool check_names(const struct option_row *rows, int count, char *const *arguments, struct error *error) {
  static const char why[] =
      "a token on the command line can be read by everybody here: set BOT_TOKEN, or give --token-file FILE";
  for (int i = 1; i < count && strcmp(arguments[i], "--") != 0; i++) {
    const char *argument = arguments[i], *value = strchr(argument, '=');
    if (looks_like_a_token(argument) || (value && looks_like_a_token(value + 1))) return error_set(error, ERROR_MISUSE, why);
    if (strncmp(argument, "--", 2) != 0) continue;
    size_t size = strcspn(argument + 2, "=");
    bool is_known = false;
    for (const struct option_row *row = rows; row->kind && !is_known; row++) {
      is_known = strlen(row->flag) == size && strncmp(row->flag, argument + 2, size) == 0;
    }
    if (is_known) continue;
    if (size == 5 && strncmp(argument + 2, "token", 5) == 0) return error_set(error, ERROR_MISUSE, why);
    return error_set(error, ERROR_MISUSE, "unknown option %.*s (see lunokhod %s --help)", (int)size + 2, argument,
                     arguments[0]);
  }
  return true;
}

/* ---- the command line ---- */

/* Goes through the arguments, to look for the file of settings or to set all that they name. What is no option moves behind. */
static bool read_arguments(const struct option_row *rows, bool is_for_file, int count, char **arguments, struct error *error) {
  struct option list[ROWS_MAX] = {{0}};
  for (int i = 0; rows[i].kind && i + 1 < ROWS_MAX; i++) {
    list[i].name = rows[i].flag;
    list[i].has_arg = rows[i].kind == OPTION_FLAG ? no_argument : required_argument;
  }
  opterr = 0;
  optind = 0; /* anew */
  for (int index = 0, found; (found = getopt_long(count, arguments, ":", list, &index)) != -1;) {
    const char *given = arguments[optind - 1];
    if (found == ':') return error_set(error, ERROR_MISUSE, "%s needs a value", given);
    if (found == '?') return error_set(error, ERROR_MISUSE, "unknown option %s (see lunokhod %s --help)", given, arguments[0]);
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, "--%s", rows[index].flag);
    bool is_meant = !is_for_file || is_config(&rows[index]);
    if (is_meant && !set(&rows[index], name, optarg, error)) return false;
  }
  return true;
}

/* ---- all of it ---- */

static char *file_text; /* of the process: the settings point into it */

struct file_reading {
  const struct option_row *rows;
  uint64_t given; /* a bit a row */
};

static const struct option_row *find_config(const struct option_row *rows) {
  while (rows->kind && !is_config(rows)) rows++;
  return rows;
}

/* Options without an environment are of one call, not of a bot: a shared file has none of them. */
static const struct option_row *find_setting(const struct option_row *rows, const char *name, bool is_shared) {
  static const char backup[] = "backup-";
  const char *brief = is_shared && strncmp(name, backup, sizeof backup - 1) == 0 ? name + sizeof backup - 1 : name;
  for (; rows->kind; rows++) {
    bool is_meant = strcmp(rows->flag, name) == 0 || strcmp(rows->flag, brief) == 0;
    if (is_meant && !is_config(rows) && (!is_shared || rows->environment)) break;
  }
  return rows;
}

static bool set_from_file(const char *name, const char *value, const char *where, void *data, struct error *error) {
  static const char misplaced[] = "%s: a token does not belong here, but in a file of its own: token-file = FILE";
  struct file_reading *reading = data;
  bool is_shared = find_config(reading->rows)->kind == OPTION_SHARED_CONFIG;
  const struct option_row *row = find_setting(reading->rows, name, is_shared);
  uint64_t bit = UINT64_C(1) << (row - reading->rows);
  if (strcmp(name, "token") == 0 || looks_like_a_token(value)) return error_set(error, ERROR_MISUSE, misplaced, where);
  if (!row->kind && is_shared) return true;
  if (!row->kind)
    return error_set(error, ERROR_MISUSE, "%s: there is no setting '%.60s' (lunokhod run --help lists all)", where, name);
  if (reading->given & bit) return error_set(error, ERROR_MISUSE, "%s: %s was set before", where, name);
  reading->given |= bit;
  /* BOT_TOKEN is the environment's word about the token */
  const char *token = strcmp(name, "token-file") == 0 ? getenv("BOT_TOKEN") : NULL;
  char label[LABEL_SIZE];
  (void)snprintf(label, sizeof label, "%s: %s", where, name);
  return (token && token[0]) || set(row, label, value, error);
}

/* The file first: the environment wins over it. */
static bool read_file(const struct option_row *rows, int count, char **arguments, struct error *error) {
  const struct option_row *row = find_config(rows);
  if (!row->kind) return true;
  const char *path = getenv(row->environment);
  if (path && path[0]) *(const char **)row->target = path;
  if (!read_arguments(rows, true, count, arguments, error)) return false;
  path = *(const char *const *)row->target;
  if (!path) return true;
  struct file_reading reading = {.rows = rows};
  free(file_text);
  file_text = NULL;
  return config_file_read(path, &file_text, set_from_file, &reading, error);
}

bool options_read(const struct option_row *rows, const char *head, int *count, char **arguments, struct error *error) {
  if (asks_for_help(*count, arguments)) {
    print_usage(rows, head);
    exit(process_end_output(EXIT_SUCCESS));
  }
  if (!check_names(rows, *count, arguments, error) || !read_file(rows, *count, arguments, error) ||
      !read_environment(rows, error) || !read_arguments(rows, false, *count, arguments, error))
    return false;
  int rest = *count - optind;
  memmove(arguments + 1, arguments + optind, (size_t)rest * sizeof *arguments);
  *count = rest;
  return true;
}
