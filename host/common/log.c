/* Formats log lines and filters them by level. The settings are global on purpose: a line can be logged from anywhere, and
 * there is one stderr. */
#include "common/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/log_levels.h"

#ifndef LOG_LINE_CEILING
#define LOG_LINE_CEILING (64 << 10) /* bytes: a traceback fits; a script that logs a megabyte is cut */
#endif

enum {
  VALUE_SIZE = 64,                       /* the longest number */
  CLEAN_CEILING = 3 * LOG_LINE_CEILING,  /* the replacement of a byte has three */
  MARKED_CEILING = 4 * LOG_LINE_CEILING, /* each byte may be a line */
};

static bool (*queued)(const char *line, size_t size); /* see log_queue() */
static void (*reader)(const char *line, size_t size); /* see log_show() */
static _Thread_local struct log_cause current_cause;
static bool as_json, has_priorities;
static const char *hidden;
static void (*diverted)(const char *line, size_t size, void *data);
static void *diverted_data;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct log_cause log_because(struct log_cause cause) {
  struct log_cause before = current_cause;
  current_cause = cause;
  return before;
}

struct log_cause log_current_cause(void) { return current_cause; }

void log_set_json(bool json) { as_json = json; }
void log_set_priorities(bool has) { has_priorities = has; }
void log_divert(void (*taken)(const char *line, size_t size, void *data), void *data) {
  diverted = taken;
  diverted_data = data;
}
void log_hide(const char *secret) { hidden = secret && secret[0] ? secret : NULL; }

/* Unchecked on purpose: a line that passes the ceiling, or finds no memory, is written as far as it got. */
static void add(struct buffer *line, const char *text, size_t size) { (void)buffer_add(line, text, size, NULL); }

/* The same text with U+FFFD for each byte that is not UTF-8, which readers of JSON would choke on. *clean keeps it where it
 * differs. */
static const char *as_utf8(const char *text, size_t *size, struct buffer *clean) {
  static const char replacement[] = "\xEF\xBF\xBD";
  size_t valid = character_valid_size(text, *size);
  if (valid == *size) return text;
  for (size_t at = 0; at < *size; at += valid + 1, valid = at < *size ? character_valid_size(text + at, *size - at) : 0) {
    add(clean, text + at, valid);
    if (at + valid < *size) add(clean, replacement, sizeof replacement - 1);
  }
  *size = clean->size;
  return clean->data ? clean->data : "";
}

static bool add_plain_or_quoted(struct buffer *line, const char *text, size_t size, bool is_number) {
  bool plain = size > 0;
  for (size_t i = 0; plain && i < size; i++) {
    unsigned char byte = (unsigned char)text[i];
    plain = byte > ' ' && byte != '"' && byte != '=' && byte != '\\' && byte != 0x7f;
  }
  if (is_number || (plain && !as_json)) return buffer_add(line, text, size, NULL);
  static const char cut[] = "\"(too long for the log)\"";
  return buffer_add_json_string(line, text, size, NULL) || buffer_add(line, cut, sizeof cut - 1, NULL);
}

static bool add_value(struct buffer *line, const char *text, size_t size, bool is_number) {
  struct buffer clean;
  buffer_init(&clean, CLEAN_CEILING);
  const char *shown = as_utf8(text, &size, &clean);
  bool ok = add_plain_or_quoted(line, shown, size, is_number);
  buffer_release(&clean);
  return ok;
}

/* A field for which there is no room is left out, so that the line stays what it is. */
static void add_field(struct buffer *line, const char *key, size_t key_size, const char *value, size_t size, bool is_number) {
  size_t before = line->size;
  bool first = before == 0;
  if (as_json) {
    add(line, first ? "{\"" : ",\"", 2);
    add(line, key, key_size);
    add(line, "\":", 2);
  } else {
    if (!first) add(line, " ", 1);
    add(line, key, key_size);
    add(line, "=", 1);
  }
  if (!add_value(line, value, size, is_number)) buffer_cut(line, before);
}

static void add_head(struct buffer *line, enum log_level level, const char *file, const char *message, size_t size) {
  struct timespec now;
  struct tm parts;
  char text[VALUE_SIZE];
  (void)clock_gettime(CLOCK_REALTIME, &now);
  (void)gmtime_r(&now.tv_sec, &parts);
  size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  length += (size_t)snprintf(text + length, sizeof text - length, ".%03ldZ", now.tv_nsec / 1000000);
  add_field(line, "time", 4, text, length, false);
  add_field(line, "level", 5, level_names[level], strlen(level_names[level]), false);
  add_field(line, "msg", 3, message, size, false);
  const char *module = log_levels_module(file);
  if (as_json) add_field(line, "module", 6, module, strlen(module), false);
}

/* has_update: the line names one itself. */
static void add_cause(struct buffer *line, bool has_update) {
  char number[VALUE_SIZE];
  int size = snprintf(number, sizeof number, "%lld", (long long)current_cause.update);
  if (current_cause.update && !has_update) add_field(line, "update", 6, number, (size_t)size, true);
  size = snprintf(number, sizeof number, "%llu", (unsigned long long)current_cause.run);
  if (current_cause.run) add_field(line, "run", 3, number, (size_t)size, true);
}

/* Takes one argument of the type that `conversion` (such as "%lld") names and writes it into value. NULL: leave it out. */
static const char *format_argument(const char *conversion, char value[VALUE_SIZE], va_list *arguments) {
  size_t length = strlen(conversion);
  char type = conversion[length - 1];
  bool is_signed = type == 'd' || type == 'i';
  if (type == 's') return va_arg(*arguments, const char *);
  if (type == 'f' || type == 'g') {
    int digits = strchr(conversion, '.') ? (int)strtol(strchr(conversion, '.') + 1, NULL, 10)
                                         : 3; /* "%.2f" ends with f: no number can fail */
    (void)snprintf(value, VALUE_SIZE, "%.*f", digits, va_arg(*arguments, double));
  } else if (conversion[length - 2] == 'z') {
    (void)snprintf(value, VALUE_SIZE, "%zu", va_arg(*arguments, size_t));
  } else if (conversion[length - 2] == 'l') { /* l and ll are the same size on every 64-bit Linux */
    long long number = va_arg(*arguments, long long);
    (void)snprintf(value, VALUE_SIZE, is_signed ? "%lld" : "%llu", number);
  } else {
    int number = va_arg(*arguments, int);
    (void)snprintf(value, VALUE_SIZE, is_signed ? "%d" : "%u", number);
  }
  return value;
}

static bool is_key(const char *key, const char *name) { return strncmp(key, name, strlen(name)) == 0; }

/* In a text log the stack of a failure follows on lines of its own, where people can read it. It begins with the last line
 * of such words: before them stands the error. NULL: this is no such value. */
static const char *find_stack(const char *key, const char *value) {
  static const char words[] = "stack traceback:";
  const char *last = NULL;
  if (as_json || (!is_key(key, "traceback=") && !is_key(key, "error="))) return NULL;
  for (const char *at = value; (at = strstr(at, words)) != NULL; at++)
    if (at == value || at[-1] == '\n') last = at;
  return last;
}

/* Each line is indented, so that none can be taken for an event. */
static void add_stack(struct buffer *line, const char *stack) {
  struct buffer clean;
  size_t size = strlen(stack);
  buffer_init(&clean, CLEAN_CEILING);
  const char *at = as_utf8(stack, &size, &clean), *end = at + size;
  while (at < end) {
    const char *next = memchr(at, '\n', (size_t)(end - at));
    add(line, "\n  ", 3);
    for (const char *stop = next ? next : end; at < stop; at++)
      add(line, *at == '\t' || (unsigned char)*at >= ' ' ? at : "?", 1);
    at = next ? next + 1 : end;
  }
  buffer_release(&clean);
}

/* A chat that a script has named may be a number or "@name". */
static bool is_chat_number(const char *key, const char *value) {
  size_t sign = *value == '-', digits = strspn(value + sign, "0123456789");
  return is_key(key, "chat=") && digits > 0 && digits < 20 && !value[sign + digits];
}

/* `fields` is "key=%s other=%d". */
static void add_fields(struct buffer *line, const char *fields, va_list *arguments) {
  const char *error = NULL; /* the field of that name */
  const char *stack = NULL;
  bool has_update = false;
  while (*fields) {
    fields += strspn(fields, " ");
    size_t key_size = strcspn(fields, "=");
    const char *key = fields;
    if (!fields[key_size]) break;
    fields += key_size + 1;
    size_t conversion_size = strcspn(fields, " ");
    char conversion[16], number[VALUE_SIZE];
    (void)snprintf(conversion, sizeof conversion, "%.*s", (int)conversion_size, fields);
    fields += conversion_size;
    const char *value = format_argument(conversion, number, arguments);
    const char *found = value ? find_stack(key, value) : NULL;
    if (found) stack = found;
    /* the words of the stack begin a line; the field traceback has no more than the error before them, or in their place */
    size_t size = found && found > value ? (size_t)(found - value) - 1 : value ? strlen(value) : 0;
    if (value != number && is_key(key, "error=")) error = value;
    has_update = has_update || is_key(key, "update=");
    bool is_told = found || (value && error && !as_json && strcmp(value, error) == 0);
    bool is_whole_stack = is_told && is_key(key, "traceback=");
    if (value && !is_whole_stack) add_field(line, key, key_size, value, size, value == number || is_chat_number(key, value));
  }
  add_cause(line, has_update);
  if (stack && strchr(stack, '\n')) add_stack(line, stack); /* else it is empty */
}

static void hide_secret(struct buffer *line) {
  static const char mask[] = "<token>";
  if (!hidden || !line->data) return;
  size_t size = strlen(hidden);
  for (char *at = line->data; (at = strstr(at, hidden)) != NULL; at += sizeof mask - 1) {
    if (size < sizeof mask - 1) return; /* shorter than the mask; no token is that short */
    memcpy(at, mask, sizeof mask - 1);
    memmove(at + sizeof mask - 1, at + size, strlen(at + size) + 1);
    line->size -= size - (sizeof mask - 1);
  }
}

static void write_directly(const struct buffer *line) {
  for (size_t written = 0; written < line->size;) {
    ssize_t n = write(STDERR_FILENO, line->data + written, line->size - written);
    if (n <= 0) break; /* the bots go on without a log */
    written += (size_t)n;
  }
}

/* The same with the level in front of each line, by the numbers of syslog(3): the journal knows lines, and no events. */
static void add_priorities(enum log_level level, const struct buffer *line, struct buffer *marked) {
  static const char marks[][4] = {"<7>", "<6>", "<4>", "<3>"};
  for (size_t at = 0, size; at < line->size; at += size) {
    const char *end = memchr(line->data + at, '\n', line->size - at);
    size = end ? (size_t)(end - line->data) + 1 - at : line->size - at;
    add(marked, marks[level], 3);
    add(marked, line->data + at, size);
  }
}

static void write_out(const struct buffer *line) {
  if (!(queued && queued(line->data, line->size))) write_directly(line);
}

static void write_line(enum log_level level, struct buffer *line) {
  line->ceiling += 2; /* the end of the object and the newline always fit */
  if (as_json) add(line, "}", 1);
  hide_secret(line);
  add(line, "\n", 1);
  if (reader) reader(line->data, line->size);
  if (diverted) {
    diverted(line->data, line->size, diverted_data);
  } else if (has_priorities) {
    struct buffer marked;
    buffer_init(&marked, MARKED_CEILING);
    add_priorities(level, line, &marked);
    write_out(&marked);
    buffer_release(&marked);
  } else {
    write_out(line);
  }
  buffer_release(line);
}

static void log_event(enum log_level level, const char *file, const char *format, va_list *arguments) {
  struct buffer line;
  buffer_init(&line, LOG_LINE_CEILING);
  const char *fields = strstr(format, "; ");
  add_head(&line, level, file, format, fields ? (size_t)(fields - format) : strlen(format));
  add_fields(&line, fields ? fields + 2 : "", arguments);
  write_line(level, &line);
}

void log_write(enum log_level level, const char *file, const char *format, ...) {
  if (!log_levels_shows(level, file)) return;
  va_list arguments;
  va_start(arguments, format);
  log_event(level, file, format, &arguments);
  va_end(arguments);
}

void log_script(enum log_level level, const char *message, size_t size, const char *source) {
  if (!log_levels_shows(level, NULL)) return;
  struct buffer line;
  buffer_init(&line, LOG_LINE_CEILING);
  add_head(&line, level, NULL, message, size);
  if (source) add_field(&line, "source", 6, source, strlen(source), false);
  add_cause(&line, false);
  write_line(level, &line);
}

void log_show(void (*shown)(const char *line, size_t size)) { reader = shown; }
void log_queue(bool (*queue)(const char *line, size_t size)) { queued = queue; }
