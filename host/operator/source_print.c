#include "operator/source_print.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 8, ENTRIES_MAX = 5000 }; /* a mistaken path, such as a home directory, must not hold the host up */

struct survey {
  uint64_t print;
  unsigned entries;
};

static void add(struct survey *survey, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    survey->print = (survey->print ^ ((const unsigned char *)bytes)[i]) * 1099511628211u; /* FNV-1a */
}

/* What changes when a file is written, or another one takes its place. */
static void add_file(struct survey *survey, const char *path, const struct stat *status) {
  const uint64_t marks[] = {status->st_dev, status->st_ino, (uint64_t)status->st_size, (uint64_t)status->st_mtim.tv_sec,
                            (uint64_t)status->st_mtim.tv_nsec};
  add(survey, path, strlen(path));
  add(survey, marks, sizeof marks);
}

static void add_directory(struct survey *survey, const char *path, unsigned depth);

static void add_entry(struct survey *survey, const char *path, unsigned depth) {
  struct stat status;
  size_t size = strlen(path);
  if (survey->entries++ >= ENTRIES_MAX || stat(path, &status)) return;
  if (S_ISDIR(status.st_mode)) {
    add_directory(survey, path, depth + 1);
  } else if (size > 4 && strcmp(path + size - 4, ".lua") == 0) {
    add_file(survey, path, &status);
  }
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int by_name(const struct dirent **one, const struct dirent **other) { return strcmp((*one)->d_name, (*other)->d_name); }

static void add_directory(struct survey *survey, const char *path, unsigned depth) {
  struct dirent **entries = NULL;
  int count = depth <= DEPTH_MAX ? scandir(path, &entries, is_visible, by_name) : 0;
  for (int i = 0; i < count; i++) {
    char file[4096];
    int size = snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
    if (size < (int)sizeof file) add_entry(survey, file, depth);
    free(entries[i]);
  }
  free(entries);
}

/* A script that is named alone may require what is beside it. */
uint64_t source_print(const char *const *paths, size_t count) {
  struct survey survey = {.print = 14695981039346656037u};
  for (size_t i = 0; i < count; i++) {
    struct stat status;
    char directory[4096];
    const char *last = strrchr(paths[i], '/');
    bool is_directory = stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode);
    (void)snprintf(directory, sizeof directory, "%.*s", last ? (int)(last - paths[i]) + 1 : 1, last ? paths[i] : ".");
    add_directory(&survey, is_directory ? paths[i] : directory, 0);
  }
  return survey.print;
}
