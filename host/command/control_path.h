/* Where the control socket of a host is. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { CONTROL_PATH_SIZE = 200 };

/* For a host: lunokhod-<bot id>.sock in RUNTIME_DIRECTORY, else in XDG_RUNTIME_DIR. False: neither is set. */
bool control_path_default(int64_t bot_id, char path[static CONTROL_PATH_SIZE]);
/* For the host of `lunokhod dev`: lunokhod-dev-<port>.sock there. False: neither is set, or it can't be written to. */
bool control_path_of_dev(unsigned port, char path[static CONTROL_PATH_SIZE]);

/* For a command that looks for a running host: the only socket there is in these directories and in /run/lunokhod; where there
 * are more, that of the bot of BOT_TOKEN. False: ERROR_MISUSE, which names what was found. */
bool control_path_find(char path[static CONTROL_PATH_SIZE], struct error *error);
