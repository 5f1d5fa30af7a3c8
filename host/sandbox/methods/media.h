/* Files in calls: uploaded with the call, or known by their file_id. A method first finds its files (media_find) and checks all
 * its other parameters. Only then are the bytes taken over (media_fill), so that a call that is refused leaves nothing behind.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "sandbox/model/entity.h"

struct call;
struct file;
struct json_t;
struct message;

struct media {
  bool is_photo;
  const struct file *known;   /* by its file_id; else ... */
  size_t part;                /* ... the parameter that holds the bytes */
  struct entity_text caption; /* ours: entity_release() */
};

/* Each fails the call and returns false. `missing` is Telegram's text for a file that is not in the call. */
bool media_find(struct call *call, struct media *media, const char *value, const char *missing); /* attach://NAME, file_id */
bool media_find_part(struct call *call, struct media *media, const char *name, const char *missing); /* an upload */
bool media_read_input(struct call *call, const struct json_t *json, struct media *media);            /* an InputMedia */

/* The content member of a message, for a file that is the sandbox's from now on. Given: free(). */
char *media_take(struct call *call, const struct media *media);
void media_fill(struct call *call, struct message *message, struct media *media); /* its caption, too */
