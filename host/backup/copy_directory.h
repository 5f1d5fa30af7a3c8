/* The directory of copies: one file a day and bot, "lunokhod-<bot>-2026-11-26.sqlite.zst". Blocks: for a worker. Internal to
 * the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum { COPY_DIRECTORY_MAX = 30 }; /* copies that stay, as many as in the admin's chat */

/* at: ms since 1970, whose day in UTC it is. */
bool copy_directory_has(const char *directory, int64_t bot_id, int64_t at);

/* Whole or not at all, with mode 0600; then the oldest copies of this bot go until COPY_DIRECTORY_MAX are left. No file with
 * another name is touched. False: ERROR_SYSTEM, ERROR_MISUSE. */
bool copy_directory_write(const char *directory, int64_t bot_id, int64_t at, const void *bytes, size_t size,
                          struct error *error);
