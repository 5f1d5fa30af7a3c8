/* Which files of the machine a script may have read: regular ones in the directories of the scripts, and in the one that the
 * operator has allowed. Links are followed first, so that none leads out. Internal to the floor. */
#pragma once
#include <limits.h>

struct script_options;

enum file_access {
  FILE_ALLOWED,
  FILE_MISSING, /* there is nothing, or the path can't be followed */
  FILE_REFUSED,
};

/* resolved: where the path leads, unless it is missing. */
enum file_access file_access_ask(const struct script_options *options, const char *path, char resolved[PATH_MAX]);
