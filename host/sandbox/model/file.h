/* Files that bots and people have sent. Their bytes are kept once, however many messages show them. All files together are at
 * most 1 GiB; beyond that the oldest are forgotten. A file's kind is in its id, and never changes: a photo can't be sent as a
 * document. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

struct buffer;
struct model;

#define FILE_MAX_UP (50 * 1024 * 1024)
#define FILE_MAX_DOWN (20 * 1024 * 1024)

enum file_kind {
  FILE_DOCUMENT,
  FILE_PHOTO,
  FILE_VIDEO,
  FILE_AUDIO,
  FILE_VOICE,
  FILE_VIDEO_NOTE,
  FILE_ANIMATION,
  FILE_STICKER,
  FILE_THUMBNAIL,
  FILE_KINDS
};

struct file {
  char id[48], unique_id[24], path[64];
  enum file_kind kind;
  char *name;       /* as Telegram shows it */
  const char *type; /* MIME */
  char *details;    /* JSON members: "duration":1,"width":90. NULL: none */
  char *data;
  size_t size;
  uint64_t number;
  UT_hash_handle hh, hh_path;
};

const char *file_kind_member(enum file_kind kind);             /* of Telegram's messages: "video_note" */
const char *file_kind_name(enum file_kind kind);               /* as Telegram's errors name it: "VideoNote" */
bool file_kind_find(const char *member, enum file_kind *kind); /* by the member of a message; thumbnails have none */
enum file_kind file_kind_of_name(const char *name);            /* what Telegram makes of a document of that name */

/* data is taken, and details, which may be NULL. Borrowed. */
struct file *file_add(struct model *model, enum file_kind kind, const char *name, char *details, char *data, size_t size);
struct file *file_restore(struct model *model, uint64_t number, enum file_kind kind, const char *name, char *details,
                          char *data, size_t size);
void file_set_details(struct file *file, char *details);                  /* taken */
struct file *file_find(const struct model *model, const char *id);        /* borrowed; NULL: there is none */
struct file *file_find_path(const struct model *model, const char *path); /* of getFile's file_path; the same */
void file_drop_all(struct model *model);

/* Adds the member of the message that shows the file: "document":{...} or "photo":[...]. */
void file_describe(const struct file *file, struct buffer *buffer);
void file_describe_object(const struct file *file, struct buffer *buffer); /* without the member's name: {...} */
