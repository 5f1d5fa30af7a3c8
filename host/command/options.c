/* getopt_long() with a table that also knows the environment, the limits of numbers and the usage. */
#include "command/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

enum { ROWS_MAX = 60, TOKEN_MAX = 256 };

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

static bool set(const struct option_row *row, const char *name, const char *text, struct error *error) {
  switch (row->kind) {
    case OPTION_FLAG: *(bool *)row->target = !text || (text[0] && strcmp(text, "0") != 0); return true;
    case OPTION_TEXT: *(const char **)row->target = text; return true;
    case OPTION_NUMBER: return set_number(row, name, text, error);
    default: return true;
  }
}

static bool read_environment(const struct option_row *rows, struct error *error) {
  for (const struct option_row *row = rows; row->kind; row++) {
    const char *text = row->environment ? getenv(row->environment) : NULL;
    if (text && text[0] && !set(row, row->environment, text, error)) return false;
  }
  return true;
}

/* Before anything is read, the targets hold the defaults. */
static void print_default(const struct option_row *row) {
  if (row->kind == OPTION_NUMBER && *(const int64_t *)row->target)
    (void)printf(" (default %" PRId64 ")", *(const int64_t *)row->target);
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

static bool is_help(const char *argument) { return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0; }

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

bool options_read(const struct option_row *rows, const char *head, int *count, char **arguments, struct error *error) {
  struct option list[ROWS_MAX] = {{0}};
  if (*count > 1 && is_help(arguments[1])) {
    print_usage(rows, head);
    exit(EXIT_SUCCESS);
  }
  if (!check_names(rows, *count, arguments, error) || !read_environment(rows, error)) return false;
  for (int i = 0; rows[i].kind && i + 1 < ROWS_MAX; i++) {
    list[i].name = rows[i].flag;
    list[i].has_arg = rows[i].kind == OPTION_FLAG ? no_argument : required_argument;
  }
  opterr = 0;
  optind = 1;
  for (int index = 0, found; (found = getopt_long(*count, arguments, ":", list, &index)) != -1;) {
    const char *given = arguments[optind - 1];
    if (found == ':') return error_set(error, ERROR_MISUSE, "%s needs a value", given);
    if (found == '?') return error_set(error, ERROR_MISUSE, "unknown option %s (see lunokhod %s --help)", given, arguments[0]);
    char name[64];
    (void)snprintf(name, sizeof name, "--%s", rows[index].flag);
    if (!set(&rows[index], name, optarg, error)) return false;
  }
  int rest = *count - optind;
  memmove(arguments + 1, arguments + optind, (size_t)rest * sizeof *arguments);
  *count = rest;
  return true;
}

/* A token that was read is left nowhere but in the copy. */
static char *copy_token(const char *text, const char *source, struct error *error) {
  size_t size = strcspn(text, " \t\r\n");
  if (size == 0 || size >= TOKEN_MAX || !memchr(text, ':', size)) {
    error_set(error, ERROR_MISUSE, "%s does not hold a bot's token (@BotFather gives one, like 123456:ABC...)", source);
    return NULL;
  }
  char *token = memory_new(size + 1);
  memcpy(token, text, size);
  return token;
}

char *options_read_token(const char *file, struct error *error) {
  if (!file) {
    const char *text = getenv("BOT_TOKEN");
    if (text && text[0]) {
      char *token = copy_token(text, "BOT_TOKEN", error);
      explicit_bzero((char *)(uintptr_t)text, strlen(text)); /* /proc/PID/environ shows these very bytes */
      (void)unsetenv("BOT_TOKEN");
      return token;
    }
    error_set(error, ERROR_MISUSE, "no token: set BOT_TOKEN, or give --token-file FILE (@BotFather gives a token)");
    return NULL;
  }
  char text[TOKEN_MAX + 1] = "";
  FILE *stream = fopen(file, "re");
  if (!stream) {
    error_set(error, ERROR_MISUSE, "can't read the token file %s: %s", file, strerror(errno));
    return NULL;
  }
  (void)setvbuf(stream, NULL, _IONBF, 0);
  size_t size = fread(text, 1, TOKEN_MAX, stream);
  text[size] = '\0';
  (void)fclose(stream);
  char *token = copy_token(text, file, error);
  explicit_bzero(text, sizeof text);
  return token;
}

void options_free_token(char *token) {
  if (token) explicit_bzero(token, strlen(token));
  free(token);
}
