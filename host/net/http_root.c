#include "net/http_root.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

struct http_root {
  char *url;
  CURLU *curl;
  struct http_root *next;
};

const struct http_root *http_root_find(struct http_root **roots, const char *url) {
  for (; *roots; roots = &(*roots)->next) {
    if (strcmp((*roots)->url, url) == 0) return *roots;
  }
  CURLU *curl = curl_url();
  if (!curl || curl_url_set(curl, CURLUPART_URL, url, 0)) {
    curl_url_cleanup(curl);
    return NULL;
  }
  struct http_root *root = memory_new(sizeof *root);
  root->url = memory_copy_text(url);
  root->curl = curl;
  *roots = root;
  return root;
}

void http_root_free(struct http_root *roots) {
  while (roots) {
    struct http_root *next = roots->next;
    curl_url_cleanup(roots->curl);
    free(roots->url);
    free(roots);
    roots = next;
  }
}

void *http_root_curl(const struct http_root *root) { return root ? root->curl : NULL; }
