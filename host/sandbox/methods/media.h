/* Files in calls: uploaded with the call, known by their file_id, or named by a URL, for which stand-in bytes are made up: the
 * sandbox fetches nothing. A method first finds its files (media_find) and checks all its other parameters. Only then are the
 * bytes taken over (media_fill), so that a call that is refused leaves nothing behind.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "sandbox/model/entity.h"
#include "sandbox/model/file.h"

struct call;
struct json_t;
struct message;

struct media {
  enum file_kind kind;
  const struct file *known;   /* by its file_id; else ... */
  const char *url;            /* ... from there; borrowed, as long as the call; else ... */
  size_t part;                /* ... the parameter that holds the bytes */
  size_t thumbnail;           /* the parameter that holds those of the thumbnail, from 1; 0: none */
  struct json_t *options;     /* ours: what the bot says of the file: "duration", "has_spoiler", ... NULL: nothing */
  struct entity_text caption; /* ours */
};

void media_release(struct media *media);

/* Each fails the call and returns false. */
bool media_find(struct call *call, struct media *media, const char *value, const char *missing); /* attach://NAME, file_id */
/* The file of a parameter, with the others that say something of it. An upload of that name, attach://NAME, or a file_id. */
bool media_find_parameter(struct call *call, struct media *media, const char *name);
bool media_read_input(struct call *call, const struct json_t *json, struct media *media); /* an InputMedia */

/* The file itself, which is the sandbox's from now on. Borrowed. */
const struct file *media_take(struct call *call, const struct media *media);
/* The content member of a message that shows it. Given: free(). */
char *media_take_content(struct call *call, const struct media *media);
void media_fill(struct call *call, struct message *message, struct media *media); /* its caption, too */

/* What an album, or an edit of one of its messages, may not mix: photos and videos are one sort. */
bool media_is_same_sort(enum file_kind one, enum file_kind other);
