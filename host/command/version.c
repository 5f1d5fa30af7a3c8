/* lunokhod version: of the program, and of each library as it is on this machine. The one place beside a library's home that
 * includes its header, and only for this. */
#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <lua.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <uv.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "command/command.h"
#include "common/error.h"
#include "common/late_library.h"

/* Those that are opened when something first needs them: this machine may lack them. */
static void print_glib(void) {
  static const struct late_library library = {"libglib-2.0.so.0", "GLib", "libglib2.0-0"};
  const unsigned *major, *minor, *micro; /* variables of the library, not functions */
  const struct late_function functions[] = {
      {"glib_major_version", &major}, {"glib_minor_version", &minor}, {"glib_micro_version", &micro}, {NULL, NULL}};
  struct error error = {0};
  if (late_library_open(&library, functions, "versions", &error))
    (void)printf("  GLib %u.%u.%u, opened when needed\n", *major, *minor, *micro);
  else
    (void)printf("  %s\n", error.text);
}

static void print_late(const struct late_library *library, const char *version_function) {
  const char *(*version)(void);
  const struct late_function functions[] = {{version_function, &version}, {NULL, NULL}};
  struct error error = {0};
  if (late_library_open(library, functions, "versions", &error))
    (void)printf("  %s %s, opened when needed\n", library->name, version());
  else
    (void)printf("  %s\n", error.text);
}

static void print_cairo(void) {
  static const struct late_library library = {"libcairo.so.2", "cairo", "libcairo2"};
  print_late(&library, "cairo_version_string");
}

static void print_microhttpd(void) {
  static const struct late_library library = {"libmicrohttpd.so.12", "libmicrohttpd", "libmicrohttpd12"};
  print_late(&library, "MHD_get_version");
}

int command_version(int count, char **arguments) {
  (void)count;
  (void)arguments;
  (void)puts("lunokhod " LUNOKHOD_VERSION);
  (void)puts("  " LUA_RELEASE);
  (void)printf("  SQLite %s\n", sqlite3_libversion());
  (void)printf("  %s\n", curl_version()); /* with its TLS, zlib and the like */
  (void)printf("  libuv %s\n", uv_version_string());
  (void)printf("  GnuTLS %s\n", gnutls_check_version(NULL));
  (void)printf("  zlib %s\n", zlibVersion());
  (void)printf("  zstd %s\n", ZSTD_versionString());
  unsigned xxhash = XXH_versionNumber(); /* 803: 0.8.3 */
  (void)printf("  xxHash %u.%u.%u\n", xxhash / 10000, xxhash / 100 % 100, xxhash % 100);
  (void)printf("  jansson %s\n", jansson_version_str());
  (void)printf("  libsodium %s\n", sodium_version_string());
  print_glib();
  print_cairo();
  print_microhttpd();
  return EXIT_FINE;
}
