/* A watch belongs to a directory, and not to its path: it ends with the directory, and sees nothing of one that takes its
 * place. So the directory above is watched, too, for the name that leads to it, and all watches are made anew after each
 * change. */
#include "operator/script_watch.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"

enum {
  DIRECTORIES_MAX = 100, /* more have no scripts: somebody has named a home directory */
  DEPTH_MAX = 5,
};

struct watched {
  struct script_watch *watch;
  struct loop_watch *loop_watch;
  char *path; /* ours */
  char *only; /* ours: the one name in it that counts, as that of a link; NULL: all scripts and directories */
};

struct script_watch {
  struct loop *loop;
  const char *const *paths;
  size_t path_count;
  void (*changed)(void *data);
  void *data;
  struct watched list[DIRECTORIES_MAX];
  size_t count;
};

/* ---- what has changed ---- */

static bool is_watched(const struct script_watch *watch, const char *path) {
  for (size_t i = 0; i < watch->count; i++) {
    if (strcmp(watch->list[i].path, path) == 0) return true;
  }
  return false;
}

/* A directory, or a link that may lead to one; now, or before. */
static bool is_directory(const struct watched *watched, const char *name) {
  struct stat status;
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", watched->path, name) >= (int)sizeof path) return false;
  if (lstat(path, &status)) return is_watched(watched->watch, path);
  return S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode);
}

static bool is_script(const char *name) {
  size_t size = strlen(name);
  return size >= 4 && strcmp(name + size - 4, ".lua") == 0; /* others are an editor's own files */
}

static void on_changed(const char *name, void *data) {
  const struct watched *watched = data;
  const struct script_watch *watch = watched->watch;
  bool counts = !name || (watched->only ? strcmp(name, watched->only) == 0 : is_script(name) || is_directory(watched, name));
  if (counts) watch->changed(watch->data);
}

/* ---- what is watched ---- */

static bool watch_one(struct script_watch *watch, const char *path, const char *only, struct error *error) {
  if (watch->count == DIRECTORIES_MAX) return error_set(error, ERROR_FULL, "there are more directories than can be watched");
  struct watched *watched = &watch->list[watch->count];
  *watched = (struct watched){.watch = watch};
  watched->loop_watch = loop_watch_open(watch->loop, path, on_changed, watched, error);
  if (!watched->loop_watch) return false;
  watched->path = memory_copy_text(path);
  watched->only = only ? memory_copy_text(only) : NULL;
  watch->count++;
  return true;
}

static bool is_visible(const struct dirent *entry) {
  return entry->d_name[0] != '.' && strcmp(entry->d_name, "node_modules") != 0;
}

/* The directories below, as far as they can be watched. */
static void watch_below(struct script_watch *watch, const char *path, int depth) {
  struct stat status;
  char below[PATH_MAX];
  DIR *directory = depth < DEPTH_MAX ? opendir(path) : NULL;
  for (const struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
    int size = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    if (!is_visible(entry) || size >= (int)sizeof below || stat(below, &status) || !S_ISDIR(status.st_mode)) continue;
    if (watch_one(watch, below, NULL, NULL)) watch_below(watch, below, depth + 1);
  }
  if (directory) (void)closedir(directory);
}

/* The directory that has this one, for the name that leads to it. "." and "/" have no name. */
static void watch_above(struct script_watch *watch, const char *path) {
  char above[PATH_MAX];
  const char *last = strrchr(path, '/'), *name = last ? last + 1 : path;
  if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return;
  (void)snprintf(above, sizeof above, "%.*s", last ? (int)(last - path) : 1, last ? path : ".");
  (void)watch_one(watch, above[0] ? above : "/", name, NULL);
}

static bool watch_directory(struct script_watch *watch, const char *path, struct error *error) {
  if (!watch_one(watch, path, NULL, error)) return false;
  watch_above(watch, path);
  watch_below(watch, path, 0);
  return true;
}

/* Of a file its directory is watched: most editors replace the file, and a watch on it would end. What it requires is beside
 * it, or in lib/. */
static bool watch_file(struct script_watch *watch, const char *path, struct error *error) {
  struct stat status;
  char directory[PATH_MAX], lib[PATH_MAX];
  const char *last = strrchr(path, '/');
  (void)snprintf(directory, sizeof directory, "%.*s", last ? (int)(last - path) : 1, last ? path : ".");
  if (!watch_one(watch, directory[0] ? directory : "/", NULL, error)) return false;
  bool has_lib = snprintf(lib, sizeof lib, "%s/lib", directory) < (int)sizeof lib && stat(lib, &status) == 0;
  if (has_lib && S_ISDIR(status.st_mode) && watch_one(watch, lib, NULL, NULL)) watch_below(watch, lib, 0);
  return true;
}

static bool watch_path(struct script_watch *watch, const char *given, struct error *error) {
  struct stat status;
  char path[PATH_MAX];
  size_t size = strlen(given);
  while (size > 1 && given[size - 1] == '/') size--;
  (void)snprintf(path, sizeof path, "%.*s", (int)size, given);
  if (stat(path, &status)) {
    watch_above(watch, path); /* it may come back */
    return error_set(error, ERROR_SYSTEM, "can't watch %s: it is not there", path);
  }
  return S_ISDIR(status.st_mode) ? watch_directory(watch, path, error) : watch_file(watch, path, error);
}

/* ---- life ---- */

static void drop_all(struct script_watch *watch) {
  while (watch->count) {
    struct watched *watched = &watch->list[--watch->count];
    loop_watch_close(watched->loop_watch);
    free(watched->path);
    free(watched->only);
  }
}

void script_watch_renew(struct script_watch *watch) {
  drop_all(watch);
  for (size_t i = 0; i < watch->path_count; i++) {
    struct error error = {0};
    if (!watch_path(watch, watch->paths[i], &error)) log_warn("changes may go unnoticed; error=%s", error.text);
  }
}

struct script_watch *script_watch_open(struct loop *loop, const char *const *paths, size_t count, void (*changed)(void *data),
                                       void *data, struct error *error) {
  struct script_watch *watch = memory_new(sizeof *watch);
  *watch = (struct script_watch){.loop = loop, .paths = paths, .path_count = count, .changed = changed, .data = data};
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++) ok = watch_path(watch, paths[i], error);
  if (ok) return watch;
  script_watch_close(watch);
  return NULL;
}

void script_watch_close(struct script_watch *watch) {
  if (!watch) return;
  drop_all(watch);
  free(watch);
}
