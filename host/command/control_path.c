#include "command/control_path.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *directory(void) {
  const char *runtime = getenv("RUNTIME_DIRECTORY"), *user = getenv("XDG_RUNTIME_DIR");
  if (runtime && runtime[0]) return runtime;
  return user && user[0] ? user : NULL;
}

/* systemd gives several directories of a unit as a list. */
static int directory_size(const char *list) { return (int)strcspn(list, ":"); }

static bool write_path(const char *name, char path[static CONTROL_PATH_SIZE]) {
  const char *where = directory();
  if (!where) return false;
  int size = snprintf(path, CONTROL_PATH_SIZE, "%.*s/lunokhod-%s.sock", directory_size(where), where, name);
  return size > 0 && size < CONTROL_PATH_SIZE;
}

bool control_path_default(int64_t bot_id, char path[static CONTROL_PATH_SIZE]) {
  char name[24];
  (void)snprintf(name, sizeof name, "%" PRId64, bot_id);
  return write_path(name, path);
}

bool control_path_of_dev(unsigned port, char path[static CONTROL_PATH_SIZE]) {
  char name[24], where[CONTROL_PATH_SIZE];
  (void)snprintf(name, sizeof name, "dev-%u", port);
  if (!write_path(name, path)) return false;
  (void)snprintf(where, sizeof where, "%.*s", (int)(strrchr(path, '/') - path), path);
  return access(where, W_OK) == 0;
}

static void add_found(glob_t *found, const char *where) {
  char pattern[CONTROL_PATH_SIZE];
  int size = snprintf(pattern, sizeof pattern, "%.*s/lunokhod-*.sock", directory_size(where), where);
  int flags = found->gl_pathv ? GLOB_APPEND : 0;
  if (size > 0 && size < CONTROL_PATH_SIZE) (void)glob(pattern, flags, NULL, found); /* what can't be read has none for us */
}

/* NULL: it can't be told which. */
static const char *pick(const glob_t *found) {
  char name[60];
  const char *token = getenv("BOT_TOKEN");
  if (found->gl_pathc == 1) return found->gl_pathv[0];
  (void)snprintf(name, sizeof name, "/lunokhod-%" PRId64 ".sock", token ? (int64_t)strtoll(token, NULL, 10) : 0);
  for (size_t i = 0; i < found->gl_pathc; i++)
    if (strstr(found->gl_pathv[i], name)) return found->gl_pathv[i];
  return NULL;
}

bool control_path_find(char path[static CONTROL_PATH_SIZE], struct error *error) {
  static const char common[] = "/run/lunokhod", units[] = "/run/lunokhod*"; /* of lunokhod.service and its template */
  glob_t found = {0};
  const char *where = directory();
  if (where) add_found(&found, where);
  if (!where || strncmp(where, common, sizeof common - 1) != 0) add_found(&found, units);
  const char *one = pick(&found);
  bool ok = one != NULL;
  if (ok) {
    (void)snprintf(path, CONTROL_PATH_SIZE, "%s", one);
  } else if (found.gl_pathc) {
    error_set(error, ERROR_MISUSE, "%zu hosts have a socket here, such as %s: name one with --control PATH", found.gl_pathc,
              found.gl_pathv[0]);
  } else {
    error_set(error, ERROR_MISUSE, "no running host was found in %s: name its socket with --control PATH",
              where ? where : common);
  }
  globfree(&found);
  return ok;
}
