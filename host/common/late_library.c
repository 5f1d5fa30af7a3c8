#include "common/late_library.h"

#include <dlfcn.h>
#include <string.h>

#include "common/error.h"

/* C lets no pointer to data become one to a function. POSIX promises that their bytes are the same, so these are copied. */
static bool find(void *library, const struct late_function *function) {
  void *symbol = dlsym(library, function->name);
  memcpy(function->pointer, &symbol, sizeof symbol);
  return symbol != NULL;
}

bool late_library_open(const struct late_library *library, const struct late_function *functions, const char *user,
                       struct error *error) {
  void *opened = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
  if (!opened) {
    return error_set(error, ERROR_SYSTEM, "%s need the library %s (Debian's %s): %s", user, library->name, library->package,
                     dlerror());
  }
  for (; functions->name; functions++) {
    if (!find(opened, functions)) {
      return error_set(error, ERROR_SYSTEM, "%s need a newer library %s than this machine has: it lacks %s", user,
                       library->name, functions->name);
    }
  }
  return true;
}
