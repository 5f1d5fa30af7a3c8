/* A watch is on one directory, and tells of names in it. So every directory has its own, and so has the directory of a link: it
 * tells when the link is replaced. Which directories there are changes, and is found anew after each change. */
#define _GNU_SOURCE /* asprintf */
#include "operator/script_watch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utlist.h>

#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"

enum {
  DIRECTORIES_MAX = 1000, /* of a tree; a user may have 8,192 watches by default, of all programs */
  DEPTH_MAX = 16,         /* a link may lead to a directory above it */
};

struct watched { /* one directory */
  struct script_watch *owner;
  struct loop_watch *watch;
  char *path;
  char *only; /* the one name that counts, of a link; NULL: all */
  struct watched *next;
};

struct script_watch {
  struct loop *loop;
  const char *const *paths;
  size_t count;
  void (*changed)(void *data);
  void *data;
  struct watched *list;
  unsigned directory_count;
};

static bool ends_in(const char *name, const char *end) {
  size_t size = strlen(name), end_size = strlen(end);
  return size > end_size && strcmp(name + size - end_size, end) == 0;
}

static char *join(const char *directory, const char *name) {
  char *path = NULL;
  if (asprintf(&path, "%s/%s", directory, name) < 0) abort();
  return path;
}

/* ---- what a change means ---- */

static bool is_watched(const struct script_watch *watch, const char *path) {
  const struct watched *each;
  LL_FOREACH(watch->list, each) {
    if (strcmp(each->path, path) == 0) return true;
  }
  return false;
}

/* A directory or a link that has come, or gone. Anything else is an editor's own file. */
static bool is_place(const struct watched *watched, const char *name) {
  struct stat status;
  char *path = join(watched->path, name);
  bool is = lstat(path, &status) ? is_watched(watched->owner, path) : S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode);
  free(path);
  return is;
}

static void on_changed(const char *name, void *data) {
  struct watched *watched = data;
  bool counts = true;
  if (name && watched->only) {
    counts = strcmp(name, watched->only) == 0;
  } else if (name) {
    counts = ends_in(name, ".lua") || ends_in(name, ".json") || is_place(watched, name);
  }
  if (counts) watched->owner->changed(watched->owner->data);
}

/* ---- the directories ---- */

static void watched_free(struct watched *watched) {
  loop_watch_close(watched->watch);
  free(watched->path);
  free(watched->only);
  free(watched);
}

static bool add(struct script_watch *watch, const char *path, const char *only, struct error *error) {
  struct watched *watched = memory_new(sizeof *watched);
  watched->owner = watch;
  watched->path = memory_copy_text(path);
  watched->only = only ? memory_copy_text(only) : NULL;
  watched->watch = loop_watch_open(watch->loop, path, on_changed, watched, error);
  if (!watched->watch) {
    watched_free(watched);
    return false;
  }
  LL_PREPEND(watch->list, watched);
  watch->directory_count++;
  return true;
}

/* The directory, and those below it that have no dot before their names. */
static bool add_tree(struct script_watch *watch, const char *path, unsigned depth, struct error *error) {
  if (watch->directory_count >= DIRECTORIES_MAX || depth > DEPTH_MAX || is_watched(watch, path)) return true;
  if (!add(watch, path, NULL, error)) return false;
  DIR *directory = opendir(path);
  if (!directory) return true;
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    struct stat status;
    if (entry->d_name[0] == '.') continue;
    char *below = join(path, entry->d_name);
    if (!stat(below, &status) && S_ISDIR(status.st_mode)) (void)add_tree(watch, below, depth + 1, &(struct error){0});
    free(below);
  }
  (void)closedir(directory);
  return true;
}

/* Where the path's last name stands: of "bot.lua" it is ".". Given: free(). */
static char *directory_of(const char *path) {
  const char *last = strrchr(path, '/');
  if (!last) return memory_copy_text(".");
  char *directory = memory_copy_text(path);
  directory[last == path ? 1 : last - path] = '\0';
  return directory;
}

static bool add_link(struct script_watch *watch, const char *path, struct error *error) {
  struct stat status;
  if (lstat(path, &status) || !S_ISLNK(status.st_mode)) return true;
  const char *last = strrchr(path, '/');
  char *directory = directory_of(path);
  bool ok = add(watch, directory, last ? last + 1 : path, error);
  free(directory);
  return ok;
}

/* Of a file its directory is watched: most editors replace the file, and a watch on it would end. */
static bool add_path(struct script_watch *watch, const char *given, struct error *error) {
  struct stat status;
  char *path = memory_copy_text(given);
  for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--) path[size - 1] = '\0';
  bool ok = add_link(watch, path, error);
  if (ok && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
    ok = add_tree(watch, path, 0, error);
  } else if (ok) {
    char *directory = directory_of(path);
    ok = add_tree(watch, directory, 0, error);
    free(directory);
  }
  free(path);
  return ok;
}

static bool find_all(struct script_watch *watch, struct error *error) {
  bool ok = true;
  watch->list = NULL;
  watch->directory_count = 0;
  for (size_t i = 0; i < watch->count; i++) ok = add_path(watch, watch->paths[i], error) && ok;
  return ok;
}

static void free_list(struct watched *list) {
  struct watched *each, *next;
  LL_FOREACH_SAFE(list, each, next) watched_free(each);
}

/* The old watches end when the new ones are there, so that nothing in between is missed. */
void script_watch_renew(struct script_watch *watch) {
  struct error error = {0};
  struct watched *old = watch->list;
  if (!find_all(watch, &error)) log_warn("not all of the scripts are watched; error=%s", error.text);
  free_list(old);
}

struct script_watch *script_watch_open(struct loop *loop, const char *const *paths, size_t count, void (*changed)(void *data),
                                       void *data, struct error *error) {
  struct script_watch *watch = memory_new(sizeof *watch);
  *watch = (struct script_watch){.loop = loop, .paths = paths, .count = count, .changed = changed, .data = data};
  if (find_all(watch, error)) return watch;
  script_watch_close(watch);
  return NULL;
}

void script_watch_close(struct script_watch *watch) {
  if (!watch) return;
  free_list(watch->list);
  free(watch);
}
