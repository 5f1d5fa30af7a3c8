/* The table is written under a lock; whoever has seen server_library_open() return true sees it whole. */
#include "net/server_library.h"

#include <pthread.h>
#include <stddef.h>

#include "common/late_library.h"

#ifndef SERVER_LIBRARY_FILE
#define SERVER_LIBRARY_FILE "libmicrohttpd.so.12" /* the ABI of 0.9.60 and later */
#endif

static struct server_library table;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

const struct server_library *microhttpd;

bool server_library_open(struct error *error) {
  static const struct late_library library = {SERVER_LIBRARY_FILE, "libmicrohttpd", "libmicrohttpd12"};
#define SERVER_LIBRARY_ROW(name) {"MHD_" #name, &table.name},
  static const struct late_function functions[] = {SERVER_LIBRARY_FUNCTIONS(SERVER_LIBRARY_ROW){NULL, NULL}};
  (void)pthread_mutex_lock(&opening);
  bool ok = microhttpd || late_library_open(&library, functions, "ports that listen", error);
  if (ok) microhttpd = &table;
  (void)pthread_mutex_unlock(&opening);
  return ok;
}
