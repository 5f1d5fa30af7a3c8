/* Files that bots and people have sent: their bytes, once. Ids are opaque; a photo's id is no document's. */
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
  char *name, *type; /* the name as Telegram shows it; the MIME type or NULL */
  bool is_photo;
  char *data;
  size_t size;
  uint64_t number;
  UT_hash_handle hh, hh_path;
};

/* data is taken. The oldest files are forgotten when all together are more than 1 GiB. Borrowed from the model. */
struct file *file_add(struct model *model, const char *name, bool is_photo, char *data, size_t size);
struct file *file_restore(struct model *model, uint64_t number, const char *name, bool is_photo, char *data, size_t size);
struct file *file_find(const struct model *model, const char *id);        /* NULL: no such id */
struct file *file_find_path(const struct model *model, const char *path); /* NULL: no such path */
void file_drop_all(struct model *model);

/* The content member of a message: "document":{...} or "photo":[...]. */
void file_describe(const struct file *file, struct buffer *buffer);
