/* lunokhod status | reload | stop | log | dead | sql, and backup now: asks a running host over its control socket, and prints
 * what it answers. A client of operator/control_socket.h, in blocking calls: it does nothing else meanwhile. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "command/command.h"
#include "command/control_path.h"
#include "command/options.h"
#include "common/clock.h"
#include "common/error.h"

struct control_command {
  const char *path; /* --control */
  bool follows, watches, is_json, is_of_all;
  FILE *in;
  int fd;
  struct error error;
};

/* ---- the connection ---- */

static bool connect_to(struct control_command *command, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int size = snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (size < 0 || (size_t)size >= sizeof address.sun_path)
    return error_set(&command->error, ERROR_MISUSE, "the path is too long for a socket: %s", path);
  command->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (command->fd < 0 || connect(command->fd, (const struct sockaddr *)&address, sizeof address))
    return error_set(&command->error, ERROR_SYSTEM, "no host answers on %s: %s; does it run?", path, strerror(errno));
  command->in = fdopen(command->fd, "r");
  return command->in || error_set(&command->error, ERROR_SYSTEM, "can't read from %s: %s", path, strerror(errno));
}

static bool open_connection(struct control_command *command) {
  char path[CONTROL_PATH_SIZE];
  if (command->path) return connect_to(command, command->path);
  return control_path_find(path, &command->error) && connect_to(command, path);
}

static void close_connection(struct control_command *command) {
  if (command->in) {
    (void)fclose(command->in);
  } else if (command->fd >= 0) {
    (void)close(command->fd);
  }
  command->in = NULL;
  command->fd = -1;
}

/* request is taken. */
static bool send_request(struct control_command *command, json_t *request) {
  char *line = json_dumps(request, JSON_COMPACT);
  json_decref(request);
  if (!line) return error_set(&command->error, ERROR_MISUSE, "the request is not UTF-8");
  bool ok = true;
  for (size_t done = 0, size = strlen(line) + 1; ok && done < size;) {
    line[size - 1] = '\n'; /* in the place of the NUL */
    ssize_t sent = send(command->fd, line + done, size - done, MSG_NOSIGNAL);
    ok = sent > 0 || error_set(&command->error, ERROR_SYSTEM, "the host has hung up");
    if (ok) done += (size_t)sent;
  }
  free(line);
  return ok;
}

typedef void (*show_line)(const json_t *line);

/* Shows each line up to the last, which is given: json_decref(). NULL: error is set, also where a line can't be read, since it
 * may have been the last. */
static json_t *read_answer(struct control_command *command, show_line show) {
  char *text = NULL;
  size_t room = 0;
  json_t *last = NULL;
  bool is_read = true;
  while (!last && is_read && getline(&text, &room, command->in) > 0) {
    json_t *line = json_loads(text, JSON_ALLOW_NUL, NULL);
    is_read = line != NULL;
    if (json_object_get(line, "ok")) {
      last = line;
    } else if (line) {
      if (show) show(line);
      json_decref(line);
    }
  }
  free(text);
  if (!last)
    error_set(
        &command->error, ERROR_SYSTEM, "%s",
        is_read ? "the host has hung up before it answered" : "the host's answer can't be read: is it of another version?");
  return last;
}

/* Asks, shows, and gives the last line: json_decref(). NULL: error is set, also where the host refuses. request is taken. */
static json_t *ask(struct control_command *command, json_t *request, show_line show) {
  json_t *answer = send_request(command, request) ? read_answer(command, show) : NULL;
  if (!answer || json_is_true(json_object_get(answer, "ok"))) return answer;
  const char *words = json_string_value(json_object_get(answer, "error"));
  error_set(&command->error, ERROR_REFUSED, "%s", words ? words : "refused");
  json_decref(answer);
  return NULL;
}

/* ---- what is shown ---- */

static void print_time(const char *name, json_int_t at) {
  char text[CLOCK_DATE_SIZE];
  bool is_known = at && clock_write_date(at, text);
  (void)printf("%-20s%s%s\n", name, is_known ? text : "never", is_known ? " UTC" : "");
}

static json_int_t number(const json_t *status, const char *group, const char *name) {
  return json_integer_value(json_object_get(json_object_get(status, group), name));
}

static void print_backup(const json_t *backup) {
  const char *error = json_string_value(json_object_get(backup, "last_error"));
  if (json_is_true(json_object_get(backup, "is_elsewhere"))) {
    (void)printf("%-20sin PostgreSQL\n", "data");
    return;
  }
  json_int_t saved_at = json_integer_value(json_object_get(backup, "saved_at"));
  print_time("last backup", saved_at);
  (void)printf("%-20s", "");
  if (saved_at)
    (void)printf("%.1f kB of %.1f kB, ", (double)json_integer_value(json_object_get(backup, "archive_size")) / 1000,
                 (double)json_integer_value(json_object_get(backup, "image_size")) / 1000);
  (void)printf("%" JSON_INTEGER_FORMAT " changes not saved\n", json_integer_value(json_object_get(backup, "unsaved")));
  if (error && error[0]) (void)printf("%-20s%s\n", "backup failed", error);
}

static void print_status(const json_t *status) {
  (void)printf("%-20s%s, process %" JSON_INTEGER_FORMAT ", %s\n", "lunokhod",
               json_string_value(json_object_get(status, "version")), json_integer_value(json_object_get(status, "pid")),
               json_is_true(json_object_get(status, "serves")) ? "serves" : "does not serve yet");
  print_time("running since", json_integer_value(json_object_get(status, "started_at")));
  print_time("last poll", number(status, "updates", "last_poll_at"));
  (void)printf("%-20s%" JSON_INTEGER_FORMAT " received, %" JSON_INTEGER_FORMAT " finished, %" JSON_INTEGER_FORMAT
               " failed, %" JSON_INTEGER_FORMAT " unfinished\n",
               "updates", number(status, "updates", "received"), number(status, "updates", "finished"),
               number(status, "updates", "failed"), number(status, "updates", "unfinished"));
  (void)printf("%-20s%" JSON_INTEGER_FORMAT "\n", "dead letters", number(status, "updates", "dead"));
  if (number(status, "updates", "hosts") > 1)
    (void)printf("%-20s%" JSON_INTEGER_FORMAT ", %s polls and does the jobs\n", "hosts", number(status, "updates", "hosts"),
                 json_is_true(json_object_get(json_object_get(status, "updates"), "leads")) ? "this one" : "another one");
  print_backup(json_object_get(status, "backup"));
  (void)printf("%-20s%" JSON_INTEGER_FORMAT " files, %" JSON_INTEGER_FORMAT " handlers running, %.1f MB\n", "scripts",
               number(status, "scripts", "files"), number(status, "scripts", "running"),
               (double)number(status, "scripts", "memory") / 1e6);
  (void)printf("%-20s%.1f MB\n", "memory", (double)number(status, "process", "resident_kb") / 1000);
}

static void show_log(const json_t *line) {
  const char *text = json_string_value(json_object_get(line, "log"));
  if (text) (void)fputs(text, stdout);
  (void)fflush(stdout);
}

static void show_letter(const json_t *line) {
  const json_t *letter = json_object_get(line, "letter");
  const char *error = json_string_value(json_object_get(letter, "error"));
  const char *json = json_string_value(json_object_get(letter, "json"));
  char when[CLOCK_DATE_SIZE];
  (void)clock_write_date(json_integer_value(json_object_get(letter, "failed_at")), when);
  (void)printf("%" JSON_INTEGER_FORMAT "  %s  update %" JSON_INTEGER_FORMAT "  %s\n",
               json_integer_value(json_object_get(letter, "id")), when,
               json_integer_value(json_object_get(letter, "update_id")), error ? error : "");
  if (json) (void)puts(json);
}

/* A tab or a line's end within a cell would be taken for the end of it, and a terminal obeys other control characters. */
static void print_escaped(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    const char *escape = byte == '\t' ? "\\t" : byte == '\n' ? "\\n" : byte == '\\' ? "\\\\" : NULL;
    if (escape) {
      (void)fputs(escape, stdout);
    } else if (byte < ' ' || byte == 0x7f) {
      (void)printf("\\x%02x", byte);
    } else {
      (void)putchar(byte);
    }
  }
}

static void print_cell(const json_t *value) {
  if (json_is_string(value)) {
    print_escaped(json_string_value(value), json_string_length(value));
  } else if (json_is_object(value)) {
    (void)fputs(json_string_value(json_object_get(value, "hex")), stdout);
  } else if (!json_is_null(value)) {
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    if (text) (void)fputs(text, stdout);
    free(text);
  }
}

/* Separated by tabs, as other programs read it. */
static void show_row(const json_t *line) {
  const json_t *cells = json_object_get(line, "columns"), *cell;
  size_t i;
  if (!cells) cells = json_object_get(line, "row");
  json_array_foreach(cells, i, cell) {
    if (i) (void)putchar('\t');
    print_cell(cell);
  }
  (void)putchar('\n');
}

/* ---- the commands ---- */

static bool do_status(struct control_command *command, int count, char **arguments) {
  (void)arguments;
  if (count) return error_set(&command->error, ERROR_MISUSE, "status takes no arguments");
  for (;;) {
    json_t *answer = ask(command, json_pack("{s:s}", "command", "status"), NULL);
    if (!answer) return false;
    const json_t *status = json_object_get(answer, "status");
    if (command->watches && isatty(STDOUT_FILENO)) (void)fputs("\033[H\033[2J", stdout);
    if (command->is_json) {
      (void)json_dumpf(status, stdout, JSON_COMPACT);
      (void)putchar('\n');
    } else {
      print_status(status);
    }
    (void)fflush(stdout);
    json_decref(answer);
    if (!command->watches || ferror(stdout)) return true; /* main.c tells that nobody can read it */
    (void)sleep(1);
  }
}

static void show_host(const json_t *line) {
  const char *name = json_string_value(json_object_get(line, "host")),
             *error = json_string_value(json_object_get(line, "error"));
  (void)printf("%s: %s\n", name ? name : "?", error && *error ? error : "reloaded");
}

static bool do_reload(struct control_command *command, int count, char **arguments) {
  (void)arguments;
  if (count) return error_set(&command->error, ERROR_MISUSE, "reload takes no arguments");
  if (command->is_of_all) {
    json_t *all = ask(command, json_pack("{s:s, s:b}", "command", "reload", "all", 1), show_host);
    json_decref(all);
    return all != NULL;
  }
  json_t *answer = ask(command, json_pack("{s:s}", "command", "reload"), NULL);
  if (answer) (void)printf("reloaded; files: %" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(answer, "files")));
  json_decref(answer);
  return answer != NULL;
}

/* The socket ends when the host does. */
static bool do_stop(struct control_command *command, int count, char **arguments) {
  (void)arguments;
  if (count) return error_set(&command->error, ERROR_MISUSE, "stop takes no arguments");
  json_t *answer = ask(command, json_pack("{s:s}", "command", "stop"), NULL);
  json_decref(answer);
  while (answer && fgetc(command->in) != EOF) {
  }
  if (answer) (void)puts("stopped");
  return answer != NULL;
}

static bool do_log(struct control_command *command, int count, char **arguments) {
  (void)arguments;
  if (count) return error_set(&command->error, ERROR_MISUSE, "log takes no arguments");
  json_t *answer = ask(command, json_pack("{s:s, s:b}", "command", "log", "follow", command->follows), show_log);
  bool has_ended = command->follows && !answer && command->error.kind == ERROR_SYSTEM; /* the host, which is no failure */
  json_decref(answer);
  return answer || has_ended;
}

static bool read_letter_number(const char *text, json_int_t *id, struct error *error) {
  char *end;
  errno = 0;
  *id = strtoll(text, &end, 10);
  if (!errno && end != text && !*end && *id > 0) return true;
  return error_set(error, ERROR_MISUSE, "a dead letter has a number, which \"lunokhod dead\" lists, not '%s'", text);
}

static bool do_dead(struct control_command *command, int count, char **arguments) {
  const char *action = count ? arguments[0] : "list";
  bool is_all = count > 1 && strcmp(arguments[1], "all") == 0;
  bool needs_one = strcmp(action, "show") == 0 || strcmp(action, "drop") == 0 || strcmp(action, "retry") == 0;
  json_int_t id = 0;
  if (count > 2 || (count < 2 && needs_one))
    return error_set(&command->error, ERROR_MISUSE, "lunokhod dead [list] | show N | retry N|all | drop N|all");
  if (count > 1 && !is_all && !read_letter_number(arguments[1], &id, &command->error)) return false;
  json_t *answer = ask(command, json_pack("{s:s, s:s, s:I}", "command", "dead", "action", action, "id", id), show_letter);
  const json_t *revived = json_object_get(answer, "count");
  if (revived) (void)printf("handed out again: %" JSON_INTEGER_FORMAT "\n", json_integer_value(revived));
  json_decref(answer);
  return answer != NULL;
}

static bool do_sql(struct control_command *command, int count, char **arguments) {
  if (count != 1) return error_set(&command->error, ERROR_MISUSE, "which query? lunokhod sql \"SELECT ...\"");
  json_t *answer = ask(command, json_pack("{s:s, s:s}", "command", "sql", "sql", arguments[0]), show_row);
  json_decref(answer);
  return answer != NULL;
}

static bool do_backup(struct control_command *command, int count, char **arguments) {
  if (count != 1 || strcmp(arguments[0], "now") != 0) return error_set(&command->error, ERROR_MISUSE, "lunokhod backup now");
  json_t *answer = ask(command, json_pack("{s:s}", "command", "backup"), NULL);
  if (answer)
    (void)printf("saved in message %" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(answer, "message_id")));
  json_decref(answer);
  return answer != NULL;
}

static const struct {
  const char *name, *head;
  bool (*run)(struct control_command *command, int count, char **arguments);
} commands[] = {
    {"status", "lunokhod status   how a running host is", do_status},
    {"reload", "lunokhod reload   load the scripts of a running host anew, and say what failed", do_reload},
    {"stop", "lunokhod stop   stop a running host in order, and wait for its end", do_stop},
    {"log", "lunokhod log   the last lines of a running host's log", do_log},
    {"dead", "lunokhod dead [list] | show N | retry N|all | drop N|all   the updates that failed", do_dead},
    {"sql", "lunokhod sql QUERY   one SELECT on a copy of a running host's data", do_sql},
    {"backup", "lunokhod backup now   make a backup, and wait for it", do_backup},
};

static bool read_options(struct control_command *command, const char *head, int *count, char **arguments) {
  const struct option_row control = {OPTION_TEXT,
                                     "control",
                                     "LUNOKHOD_CONTROL",
                                     &command->path,
                                     0,
                                     0,
                                     "PATH",
                                     "the host's socket, if it can't be found by itself"};
  const struct option_row of_status[] = {
      control,
      {OPTION_FLAG, "watch", NULL, &command->watches, 0, 0, NULL, "again each second"},
      {OPTION_FLAG, "json", NULL, &command->is_json, 0, 0, NULL, "for programs"},
      {.kind = OPTION_END},
  };
  const struct option_row of_log[] = {
      control,
      {OPTION_FLAG, "follow", NULL, &command->follows, 0, 0, NULL, "go on with each line that comes (or -f)"},
      {.kind = OPTION_END},
  };
  const struct option_row of_reload[] = {
      control,
      {OPTION_FLAG, "all", NULL, &command->is_of_all, 0, 0, NULL, "of all hosts on the same PostgreSQL"},
      {.kind = OPTION_END},
  };
  const struct option_row of_others[] = {control, {.kind = OPTION_END}};
  bool is_status = strcmp(arguments[0], "status") == 0, is_log = strcmp(arguments[0], "log") == 0;
  static char follow[] = "--follow";
  for (int i = 1; i < *count; i++)
    if (strcmp(arguments[i], "-f") == 0) arguments[i] = follow;
  if (strcmp(arguments[0], "reload") == 0) return options_read(of_reload, head, count, arguments, &command->error);
  return options_read(is_status ? of_status : is_log ? of_log : of_others, head, count, arguments, &command->error);
}

int command_control(int count, char **arguments) {
  struct control_command command = {.fd = -1};
  const char *name = arguments[0];
  size_t i = 0;
  while (strcmp(name, commands[i].name) != 0) i++; /* main.c and backup.c know the names */
  bool ok = read_options(&command, commands[i].head, &count, arguments) && open_connection(&command) &&
            commands[i].run(&command, count, arguments + 1);
  close_connection(&command);
  if (ok) return EXIT_FINE;
  (void)fprintf(stderr, "lunokhod %s: %s\n", name, command.error.text);
  return command.error.kind == ERROR_MISUSE ? EXIT_USAGE : EXIT_FAILED;
}
