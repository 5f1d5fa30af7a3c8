#define _GNU_SOURCE /* realpath */
#include "script/file_access.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "script/script.h"

/* The directory itself has been resolved, too. */
static bool is_inside(const char *resolved, const char *directory) {
  size_t size = strlen(directory);
  while (size && directory[size - 1] == '/') size--;
  return strncmp(resolved, directory, size) == 0 && resolved[size] == '/';
}

/* root: a directory, or a script, which stands for the directory that it is in. */
static bool is_below(const char *resolved, const char *root) {
  struct stat status;
  char directory[PATH_MAX], text[PATH_MAX];
  const char *last = strrchr(root, '/');
  if (stat(root, &status)) return false;
  if (S_ISDIR(status.st_mode)) return realpath(root, directory) && is_inside(resolved, directory);
  int size = last ? snprintf(text, sizeof text, "%.*s", (int)(last - root) + 1, root) : snprintf(text, sizeof text, ".");
  return size < (int)sizeof text && realpath(text, directory) && is_inside(resolved, directory);
}

/* Where the host was started is nothing that a script can know; so a path that leads nowhere from there is followed from the
 * directories of the scripts. */
static bool find_beside(const struct script_options *options, const char *path, char resolved[PATH_MAX]) {
  bool is_found = false;
  for (size_t i = 0; !is_found && path[0] != '/' && i < options->path_count; i++) {
    const char *root = options->paths[i], *last = strrchr(root, '/');
    struct stat status;
    char text[PATH_MAX];
    bool is_directory = stat(root, &status) == 0 && S_ISDIR(status.st_mode);
    int root_size = is_directory ? (int)strlen(root) : last ? (int)(last - root) : 0;
    int size = snprintf(text, sizeof text, "%.*s%s%s", root_size, root, root_size || last ? "/" : "", path);
    is_found = size < (int)sizeof text && realpath(text, resolved);
  }
  return is_found;
}

enum file_access file_access_ask(const struct script_options *options, const char *path, char resolved[PATH_MAX]) {
  struct stat status;
  if (!realpath(path, resolved) && !find_beside(options, path, resolved)) return FILE_MISSING;
  if (stat(resolved, &status)) return FILE_MISSING;
  bool is_allowed = options->allowed_files && is_below(resolved, options->allowed_files);
  for (size_t i = 0; !is_allowed && i < options->path_count; i++) is_allowed = is_below(resolved, options->paths[i]);
  return is_allowed && S_ISREG(status.st_mode) ? FILE_ALLOWED : FILE_REFUSED; /* a pipe would hold the host up */
}
