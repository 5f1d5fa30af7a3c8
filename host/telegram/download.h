/* A download: a file that Telegram keeps, fetched by its file id. Part of the floor's face: telegram.h includes it. The loop's
 * thread only. */
#pragma once
#include <stddef.h>

#include "common/error.h"

struct telegram;

struct telegram_download;
struct download_answer {
  struct error error; /* as of telegram_answer; also ERROR_FULL over the ceiling */
  const char *data;   /* borrowed; download_take() gives it */
  size_t size;
};
typedef void (*download_done)(const struct download_answer *answer, void *data);

/* getFile, then the fetch of its file_path; both are made anew, up to 3 times, where the link has expired or the fetch breaks
 * off. asker: as of struct transport_request. size_ceiling: bytes. */
struct telegram_download *download_start(struct telegram *telegram, const void *asker, const char *file_id, size_t size_ceiling,
                                         void (*progress)(size_t sent, size_t received, void *data), download_done done,
                                         void *data);
/* The fetch ends when no byte moves for so long, instead of 30 s. Right after the start. */
void download_set_timeout(struct telegram_download *download, unsigned timeout_ms);
void download_cancel(struct telegram_download *download);
char *download_take(struct telegram_download *download, size_t *size); /* within done only. Given: free() */
