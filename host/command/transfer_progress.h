/* How far the copying of a database is, on a line of a terminal; on nothing else. */
#pragma once
#include <stdbool.h>

#include "database/database.h"

struct transfer_progress {
  bool is_terminal, has_shown;
};

struct transfer_watch transfer_progress_begin(struct transfer_progress *progress); /* which is kept until the end */
void transfer_progress_end(struct transfer_progress *progress);                    /* wipes the line */
