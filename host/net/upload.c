#include "net/upload.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/http.h"

#define UPLOAD_SIZE 65536L /* bytes that are read and sent at once */

/* A part in memory, and how far curl has read it. */
struct part_source {
  const struct http_part *part;
  size_t at;
};

struct upload {
  curl_mime *mime;
  struct part_source sources[]; /* as many as parts; outlive mime */
};

static size_t on_part_read(char *bytes, size_t size, size_t count, void *data) {
  struct part_source *source = data;
  size_t left = source->part->size - source->at, n = size * count < left ? size * count : left;
  memcpy(bytes, source->part->data + source->at, n);
  source->at += n;
  return n;
}

static int on_part_seek(void *data, curl_off_t offset, int origin) {
  struct part_source *source = data;
  if (origin != SEEK_SET || offset < 0 || (size_t)offset > source->part->size) return CURL_SEEKFUNC_CANTSEEK;
  source->at = (size_t)offset;
  return CURL_SEEKFUNC_OK;
}

static bool add_part(struct upload *upload, const struct http_part *part, struct part_source *source) {
  curl_mimepart *mime = curl_mime_addpart(upload->mime);
  if (!mime || curl_mime_name(mime, part->name)) return false;
  *source = (struct part_source){.part = part};
  CURLcode code = part->path ? curl_mime_filedata(mime, part->path)
                             : curl_mime_data_cb(mime, (curl_off_t)part->size, on_part_read, on_part_seek, NULL, source);
  return !code && !curl_mime_filename(mime, part->file_name);
}

static bool fill(struct upload *upload, void *easy, const struct http_part *parts, size_t count, const char *label,
                 struct error *error) {
  for (size_t i = 0; i < count; i++) {
    if (upload->mime && add_part(upload, &parts[i], &upload->sources[i])) continue;
    if (parts[i].path) return error_set(error, ERROR_MISUSE, "%s: can't read the file %s", label, parts[i].path);
    return error_set(error, ERROR_MEMORY, "%s: out of memory for an upload", label);
  }
  return !curl_easy_setopt(easy, CURLOPT_MIMEPOST, upload->mime) ||
         error_set(error, ERROR_MEMORY, "%s: out of memory for an upload", label);
}

struct upload *upload_new(void *easy, const struct http_part *parts, size_t count, const char *label, struct error *error) {
  struct upload *upload = memory_new(sizeof *upload + count * sizeof upload->sources[0]);
  upload->mime = curl_mime_init(easy);
  (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_SIZE);
  if (fill(upload, easy, parts, count, label, error)) return upload;
  upload_free(upload);
  return NULL;
}

void upload_free(struct upload *upload) {
  if (!upload) return;
  curl_mime_free(upload->mime);
  free(upload);
}
