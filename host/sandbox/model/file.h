/* Files that bots and people have sent. Their bytes are kept once, however many messages show them. All files together are at
 * most 1 GiB; beyond that the oldest are forgotten. A photo's id can't be used as a document, nor the other way round. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

struct buffer;
struct model;

#define FILE_MAX_UP (50 * 1024 * 1024)
#define FILE_MAX_DOWN (20 * 1024 * 1024)

struct file {
  char id[48], unique_id[24], path[64];
  char *name, *type; /* the name as Telegram shows it; the MIME type */
  bool is_photo;
  char *data;
  size_t size;
  uint64_t number;
  UT_hash_handle hh, hh_path;
};

/* data is taken. Borrowed. */
struct file *file_add(struct model *model, const char *name, bool is_photo, char *data, size_t size);
struct file *file_restore(struct model *model, uint64_t number, const char *name, bool is_photo, char *data, size_t size);
struct file *file_find(const struct model *model, const char *id);        /* borrowed; NULL: there is none */
struct file *file_find_path(const struct model *model, const char *path); /* of getFile's file_path; the same */
void file_drop_all(struct model *model);

/* Adds the member of the message that shows the file: "document":{...} or "photo":[...]. */
void file_describe(const struct file *file, struct buffer *buffer);
