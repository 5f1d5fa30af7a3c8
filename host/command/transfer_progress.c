#include "command/transfer_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static void show(const char *doing, const char *table, int64_t rows, void *data) {
  struct transfer_progress *progress = data;
  if (!progress->is_terminal) return;
  progress->has_shown = true;
  (void)fprintf(stderr, "\r\033[K%s %.100s: %" PRId64 " rows", doing, table, rows);
}

struct transfer_watch transfer_progress_begin(struct transfer_progress *progress) {
  *progress = (struct transfer_progress){.is_terminal = isatty(STDERR_FILENO)};
  return (struct transfer_watch){.progress = show, .data = progress};
}

void transfer_progress_end(struct transfer_progress *progress) {
  if (progress->has_shown) (void)fputs("\r\033[K", stderr);
}
