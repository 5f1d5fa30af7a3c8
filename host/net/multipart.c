#define _GNU_SOURCE /* memmem, strcasestr */
#include "net/multipart.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/parameter.h"

#define BOUNDARY_MAX 70           /* RFC 1341 */
#define HEADERS_MAX (256 * 1024)  /* of all parts; Telegram's server has the same ceiling */
#define PENDING_MAX (1024 * 1024) /* more never waits: values are passed on as they come */

int multipart_init(struct multipart *multipart, const char *content_type, size_t values_ceiling, struct parameter_list *list) {
  *multipart = (struct multipart){.list = list, .values_ceiling = values_ceiling};
  buffer_init(&multipart->pending, PENDING_MAX);
  const char *at = strcasestr(content_type, "boundary");
  at = at ? strchr(at, '=') : NULL;
  if (!at) return 400;
  at++;
  size_t size = strcspn(at, ";");
  if (*at == '"' && size > 1 && at[size - 1] == '"') at++, size -= 2;
  if (size < 1 || size > BOUNDARY_MAX) return 400;
  memcpy(multipart->boundary, "\r\n--", 4);
  memcpy(multipart->boundary + 4, at, size);
  return 0;
}

void multipart_release(struct multipart *multipart) { buffer_release(&multipart->pending); }

/* ---- a part's headers ---- */

struct part { /* all point into the headers, which are changed */
  char *name, *file_name;
  bool is_encoded;
};

static char *trim(char *at, char *end) {
  while (end > at && isspace((unsigned char)end[-1])) end--;
  *end = '\0';
  while (isspace((unsigned char)*at)) at++;
  return at;
}

/* A value in quotes, whose backslashes are taken out. Returns the place behind it; NULL: it is broken. */
static char *read_quoted(char *at, char **value) {
  char *to = at + 1;
  *value = to;
  for (at++; *at && *at != '"'; at++) {
    if (*at == '\\' && !*++at) return NULL;
    *to++ = *at;
  }
  if (!*at++) return NULL;
  *to = '\0';
  while (isspace((unsigned char)*at)) at++;
  if (*at && *at != ';') return NULL;
  return *at ? at + 1 : at;
}

static char *read_token(char *at, char **value) {
  char *end = at + strcspn(at, ";");
  bool has_more = *end;
  *value = trim(at, end);
  return has_more ? end + 1 : end;
}

/* form-data; name="a"; filename="b" */
static bool read_disposition(char *at, struct part *part) {
  if (strncmp(at, "form-data;", 10) != 0) return false;
  for (at += 10;;) {
    char *sign = strchr(at, '='), *value;
    if (!sign) return true;
    char *key = trim(at, sign);
    for (at = sign + 1; isspace((unsigned char)*at);) at++;
    at = *at == '"' ? read_quoted(at, &value) : read_token(at, &value);
    if (!at) return false;
    value[parameter_decode(value, strlen(value), false)] = '\0';
    if (strcmp(key, "name") == 0) part->name = value;
    if (strcmp(key, "filename") == 0) part->file_name = value;
  }
}

/* A line that begins with a blank goes on with the header before it. */
static char *end_of_header(char *at) {
  for (char *end = at;; end++) {
    end += strcspn(end, "\r");
    if (!*end || (end[1] == '\n' && end[2] != ' ' && end[2] != '\t')) return end;
  }
}

static bool read_headers(char *at, struct part *part) {
  static const char form[] = "application/x-www-form-urlencoded";
  *part = (struct part){0};
  while (*at) {
    char *end = end_of_header(at), *colon = memchr(at, ':', (size_t)(end - at));
    if (!colon) return false;
    bool has_more = *end && end[1];
    char *name = trim(at, colon), *value = trim(colon + 1, end);
    if (strcasecmp(name, "content-disposition") == 0 && !read_disposition(value, part)) return false;
    if (strcasecmp(name, "content-type") == 0) part->is_encoded = strncmp(value, form, sizeof form - 1) == 0;
    at = has_more ? end + 2 : end;
  }
  return part->name && *part->name;
}

/* ---- the states: each reads what it can of the pending bytes, and moves *at ---- */

enum step { STEP_ON, STEP_WAIT }; /* or an HTTP status */

static const char *find(const struct multipart *multipart, size_t at, const char *what) {
  return memmem(multipart->pending.data + at, multipart->pending.size - at, what, strlen(what));
}

static int skip_prologue(struct multipart *multipart, size_t *at) {
  const char *boundary = multipart->boundary + 2, *found = find(multipart, *at, boundary);
  size_t size = strlen(boundary), left = multipart->pending.size - *at;
  if (found) {
    *at = (size_t)(found - multipart->pending.data) + size;
    multipart->state = MULTIPART_HEADERS;
    return STEP_ON;
  }
  if (left >= size) *at += left - (size - 1);
  return STEP_WAIT;
}

static int read_part(struct multipart *multipart, size_t *at) {
  const char *found = find(multipart, *at, "\r\n\r\n");
  size_t size = found ? (size_t)(found - multipart->pending.data) - *at : multipart->pending.size - *at;
  struct part part;
  if (multipart->headers_size + size > HEADERS_MAX) return 431;
  if (!found) return STEP_WAIT;
  multipart->headers_size += size;
  if (size < 2) return 400; /* there are none */
  char *headers = multipart->pending.data + *at + 2;
  headers[size - 2] = '\0';
  if (!read_headers(headers, &part)) return 400;
  if (!parameter_list_add(multipart->list, part.name, "", 0, part.file_name)) return 500;
  multipart->is_encoded = part.is_encoded && !part.file_name;
  *at += size + 4;
  multipart->state = MULTIPART_VALUE;
  return STEP_ON;
}

/* The form that a part was is replaced by its parameters. */
static bool unfold(struct parameter_list *list) {
  struct server_parameter *last = &list->items[list->count - 1];
  char *form = (char *)last->value;
  size_t size = last->size;
  last->value = NULL;
  parameter_list_drop_last(list);
  bool ok = parameter_list_add_encoded(list, form, size);
  free(form);
  return ok;
}

/* What may be the beginning of the boundary stays for the next time. */
static int read_value(struct multipart *multipart, size_t *at) {
  const char *found = find(multipart, *at, multipart->boundary);
  size_t boundary = strlen(multipart->boundary), left = multipart->pending.size - *at;
  size_t size = found ? (size_t)(found - multipart->pending.data) - *at : left < boundary ? 0 : left - (boundary - 1);
  bool is_file = multipart->list->items[multipart->list->count - 1].file_name != NULL;
  if (!is_file) multipart->values_size += size;
  if (multipart->values_ceiling && multipart->values_size > multipart->values_ceiling) return 413;
  if (!parameter_list_extend(multipart->list, multipart->pending.data + *at, size)) return 500;
  *at += size + (found ? boundary : 0);
  if (!found) return STEP_WAIT;
  if (multipart->is_encoded && !unfold(multipart->list)) return 500;
  multipart->state = MULTIPART_NEXT;
  return STEP_ON;
}

static int read_next(struct multipart *multipart, size_t *at) {
  if (multipart->pending.size - *at < 2) return STEP_WAIT;
  bool is_last = strncmp(multipart->pending.data + *at, "--", 2) == 0;
  multipart->state = is_last ? MULTIPART_EPILOGUE : MULTIPART_HEADERS;
  return STEP_ON;
}

static int step(struct multipart *multipart, size_t *at) {
  switch (multipart->state) {
    case MULTIPART_PROLOGUE: return skip_prologue(multipart, at);
    case MULTIPART_HEADERS: return read_part(multipart, at);
    case MULTIPART_VALUE: return read_value(multipart, at);
    case MULTIPART_NEXT: return read_next(multipart, at);
    default: *at = multipart->pending.size; return STEP_WAIT;
  }
}

int multipart_feed(struct multipart *multipart, const char *data, size_t size) {
  size_t at = 0;
  int result;
  struct buffer *pending = &multipart->pending;
  if (!buffer_add(pending, data, size, NULL)) return 500;
  do result = step(multipart, &at);
  while (result == STEP_ON);
  if (result != STEP_WAIT) return result;
  memmove(pending->data, pending->data + at, pending->size - at);
  buffer_cut(pending, pending->size - at);
  return 0;
}

int multipart_end(struct multipart *multipart) { return multipart->state == MULTIPART_EPILOGUE ? 0 : 400; }
