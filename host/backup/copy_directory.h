/* The directory of copies: one file a day and bot, "lunokhod-<bot>-2026-11-26.sqlite.zst", and ".encrypted" where it is.
 * Blocks: for a worker. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { COPY_DIRECTORY_MAX = 30 }; /* copies that stay, as many as in the admin's chat */

/* at: ms since 1970, whose day in UTC it is. */
bool copy_directory_has(const char *directory, int64_t bot_id, int64_t at);

struct copy_file { /* all of it borrowed */
  const char *directory;
  int64_t bot_id, at;
  int64_t keep_days; /* 0: COPY_DIRECTORY_MAX files, whatever days they are of */
  bool is_encrypted;
  const void *bytes;
  size_t size;
};

/* Whole or not at all, with mode 0600; then the oldest copies of this bot go until COPY_DIRECTORY_MAX are left, and those that
 * are keep_days or more days old. No file with another name is touched. False: ERROR_SYSTEM, ERROR_MISUSE. */
bool copy_directory_write(const struct copy_file *file, struct error *error);
