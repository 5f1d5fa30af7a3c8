/* The table of functions is written under a lock, and read only after is_open says that it is whole. */
#include "common/glib_library.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "common/late_library.h"

#ifndef GLIB_LIBRARY_FILE
#define GLIB_LIBRARY_FILE "libglib-2.0.so.0" /* the ABI of every GLib 2 */
#endif

static struct glib_library glib;
static atomic_bool is_open;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

const struct glib_library *glib_library_open(const char *user, struct error *error) {
  static const struct late_library library = {GLIB_LIBRARY_FILE, "GLib", "libglib2.0-0"};
#define GLIB_LIBRARY_ROW(name) {"g_" #name, &glib.name},
  static const struct late_function functions[] = {GLIB_LIBRARY_FUNCTIONS(GLIB_LIBRARY_ROW){NULL, NULL}};
  if (!atomic_load(&is_open)) {
    (void)pthread_mutex_lock(&opening);
    if (!atomic_load(&is_open)) atomic_store(&is_open, late_library_open(&library, functions, user, error));
    (void)pthread_mutex_unlock(&opening);
  }
  return atomic_load(&is_open) ? &glib : NULL;
}

static void open_once(void) { (void)glib_library_open("letters of all languages", NULL); }

const struct glib_library *glib_library_find(void) {
  (void)pthread_once(&once, open_once);
  return atomic_load(&is_open) ? &glib : NULL;
}
