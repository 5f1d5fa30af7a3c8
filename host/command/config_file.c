#include "command/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

static const char BLANK[] = " \t\r";

enum { WHERE_SIZE = 300 };

/* Without the blanks around it. The text of a line is ours to write into. */
static char *trim(char *text) {
  text += strspn(text, BLANK);
  size_t size = strlen(text);
  while (size && strchr(BLANK, text[size - 1])) size--;
  text[size] = '\0';
  return text;
}

static bool read_line(char *line, const char *where, config_file_setting setting, void *data, struct error *error) {
  line = trim(line);
  if (!line[0] || line[0] == '#') return true;
  char *equals = strchr(line, '=');
  if (!equals) return error_set(error, ERROR_MISUSE, "%s: a line is name = value, not '%.80s'", where, line);
  *equals = '\0';
  const char *name = trim(line), *value = trim(equals + 1);
  if (!value[0]) return error_set(error, ERROR_MISUSE, "%s: %.80s has no value", where, name);
  return setting(name, value, where, data, error);
}

bool config_file_read(const char *path, char **text, config_file_setting setting, void *data, struct error *error) {
  size_t capacity = 0;
  FILE *stream = fopen(path, "re");
  errno = stream ? 0 : errno;
  if (stream && getdelim(text, &capacity, '\0', stream) < 0 && !errno) (*text)[0] = '\0'; /* an empty file */
  bool ok = stream && !errno;
  if (!ok) error_set(error, ERROR_MISUSE, "can't read the settings in %s: %s", path, strerror(errno));
  if (stream) (void)fclose(stream);
  unsigned number = 0;
  for (char *line = *text, *next; ok && line; line = next) {
    char where[WHERE_SIZE];
    next = strchr(line, '\n');
    if (next) *next++ = '\0';
    (void)snprintf(where, sizeof where, "%s:%u", path, ++number);
    ok = read_line(line, where, setting, data, error);
  }
  return ok;
}
