#include "net/header_list.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

#ifndef HEADER_LIST_KNOWN_TYPES
#define HEADER_LIST_KNOWN_TYPES 4 /* content types whose list is kept */
#endif

struct header_list {
  char *content_type;
  struct curl_slist *headers;
  struct header_list *next;
};

struct curl_slist *header_list_make(const char *content_type, const char *const *more) {
  struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* without it a large body waits for a "100 Continue" */
  char line[160];
  (void)snprintf(line, sizeof line, "Content-Type: %s", content_type ? content_type : "");
  if (content_type) list = curl_slist_append(list, line);
  for (; more && *more; more++) list = curl_slist_append(list, *more);
  return list;
}

struct curl_slist *header_list_find(struct header_list **lists, const char *content_type) {
  int count = 0;
  for (; *lists && strcmp((*lists)->content_type, content_type) != 0; lists = &(*lists)->next) count++;
  if (*lists) return (*lists)->headers;
  if (count >= HEADER_LIST_KNOWN_TYPES) return NULL;
  struct header_list *list = memory_new(sizeof *list);
  list->content_type = memory_copy_text(content_type);
  list->headers = header_list_make(*content_type ? content_type : NULL, NULL);
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
