/* A fingerprint of the Lua files of a bot, to see that one of them has changed, come or gone. Links are followed, so a
 * directory that is swapped for another one counts, too. Internal to the floor. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* paths: scripts and directories, these with all that is in them; at most some thousand files are looked at. */
uint64_t source_print(const char *const *paths, size_t count);
