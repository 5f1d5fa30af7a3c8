/* Levels are small numbers that are written one by one, so a line that is asked for meanwhile sees the old one or the new. */
#include "common/log_levels.h"

#include <string.h>

#include "common/error.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const modules[] = {"bot",      "command",  "assembly", "operator", "updates", "script", "backup",
                                      "telegram", "database", "net",      "common",   "sandbox", "kit"};
enum { LEVELS = sizeof level_names / sizeof *level_names, MODULES = sizeof modules / sizeof *modules, BOT = 0, UNSET = 0 };

struct levels {
  int all;
  int of_module[MODULES]; /* one more than the level; UNSET: as all */
};

static _Atomic int all = LOG_INFO;
static _Atomic int of_module[MODULES];
static _Atomic int least = LOG_INFO; /* of all these: most lines are decided by it */
static _Atomic bool shows_all;

static int find(const char *const *names, int count, const char *text, size_t size) {
  for (int i = 0; i < count; i++) {
    if (strlen(names[i]) == size && memcmp(names[i], text, size) == 0) return i;
  }
  return -1;
}

static int module_of(const char *file) {
  static const char root[] = "host/";
  if (!file) return BOT;
  const char *floor = strstr(file, root) == file ? file + sizeof root - 1 : file;
  return find(modules, MODULES, floor, strcspn(floor, "/"));
}

const char *log_levels_module(const char *file) {
  int module = module_of(file);
  return module >= 0 ? modules[module] : "common";
}

/* One of "level" and "module=level". */
static bool read_one(struct levels *levels, const char *text, size_t size, struct error *error) {
  static const char words[] = "is debug, info, warn or error, or those of modules, such as info,backup=debug";
  const char *equals = memchr(text, '=', size);
  const char *name = equals ? equals + 1 : text;
  int level = find(level_names, LEVELS, name, size - (size_t)(name - text));
  if (level < 0) return error_set(error, ERROR_MISUSE, "--log-level %s; not '%.*s'", words, (int)size, text);
  if (!equals) {
    levels->all = level;
    return true;
  }
  int module = find(modules, MODULES, text, (size_t)(equals - text));
  if (module < 0) {
    return error_set(error, ERROR_MISUSE,
                     "--log-level knows no module '%.*s': there are bot (the scripts), command, assembly, operator, updates, "
                     "script, backup, telegram, database, net, common",
                     (int)(equals - text), text);
  }
  levels->of_module[module] = level + 1;
  return true;
}

static void set(const struct levels *levels) {
  int lowest = levels->all;
  all = levels->all;
  for (int i = 0; i < MODULES; i++) {
    of_module[i] = levels->of_module[i];
    if (levels->of_module[i] != UNSET && levels->of_module[i] - 1 < lowest) lowest = levels->of_module[i] - 1;
  }
  least = lowest;
}

bool log_levels_read(const char *text, struct error *error) {
  struct levels levels = {.all = LOG_INFO};
  for (size_t size;; text += size + 1) {
    size = strcspn(text, ",");
    if (!read_one(&levels, text, size, error)) return false;
    if (!text[size]) break;
  }
  set(&levels);
  return true;
}

void log_set_level(enum log_level level) {
  struct levels levels = {.all = (int)level};
  set(&levels);
}

void log_levels_show_all(bool does) { shows_all = does; }

bool log_levels_shows(enum log_level level, const char *file) {
  if (shows_all) return true;
  if ((int)level < least) return false;
  int module = module_of(file), own = module >= 0 ? of_module[module] : UNSET;
  return (int)level >= (own == UNSET ? all : own - 1);
}
