#include "net/header_list.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "net/http.h"

#ifndef HEADER_LIST_KNOWN
#define HEADER_LIST_KNOWN 6 /* lists that are kept */
#endif

enum { EXPECT_SIZE = 1 << 20 }; /* from here on curl expects a "100 Continue" */

struct header_list {
  const char *first;
  char *content_type;
  struct curl_slist *headers;
  struct header_list *next;
};

/* Before a large body, or parts, curl would wait for a "100 Continue". Before a short one it does not, and a server that the
 * host itself has chosen needs no "Accept" for any type: curl's printf takes a hundred instructions for each byte of a header.
 */
const char *header_list_first(const struct http_request *request) {
  bool is_short = request->root && request->body && request->body_size < EXPECT_SIZE;
  return is_short && !request->headers ? "Accept:" : "Expect:";
}

struct curl_slist *header_list_make(const char *first, const char *content_type, const char *const *more) {
  struct curl_slist *list = curl_slist_append(NULL, first);
  char line[160];
  (void)snprintf(line, sizeof line, "Content-Type: %s", content_type ? content_type : "");
  if (content_type) list = curl_slist_append(list, line);
  for (; more && *more; more++) list = curl_slist_append(list, *more);
  return list;
}

/* curl leaves empty lines out. */
void header_list_empty(struct curl_slist *list) {
  static const char type[] = "Content-Type:";
  for (struct curl_slist *line = list->next; line; line = line->next) { /* the first is ours */
    if (strncmp(line->data, type, sizeof type - 1) != 0) line->data[0] = '\0';
  }
}

static bool is_it(const struct header_list *list, const char *first, const char *content_type) {
  return strcmp(list->first, first) == 0 && strcmp(list->content_type, content_type) == 0;
}

struct curl_slist *header_list_find(struct header_list **lists, const char *first, const char *content_type) {
  int count = 0;
  for (; *lists && !is_it(*lists, first, content_type); lists = &(*lists)->next) count++;
  if (*lists) return (*lists)->headers;
  if (count >= HEADER_LIST_KNOWN) return NULL;
  struct header_list *list = memory_new(sizeof *list);
  list->first = first;
  list->content_type = memory_copy_text(content_type);
  list->headers = header_list_make(first, *content_type ? content_type : NULL, NULL);
  *lists = list;
  return list->headers;
}

void header_list_free(struct header_list *lists) {
  while (lists) {
    struct header_list *next = lists->next;
    free(lists->content_type);
    curl_slist_free_all(lists->headers);
    free(lists);
    lists = next;
  }
}
