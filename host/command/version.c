/* lunokhod version: of the program, and of each library as it is on this machine. The one place beside a library's home that
 * includes its header, and only for this. */
#include <curl/curl.h>
#include <jansson.h>
#include <lua.h>
#include <microhttpd.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <uv.h>
#include <zstd.h>

#include "command/command.h"

int command_version(int count, char **arguments) {
  (void)count;
  (void)arguments;
  (void)puts("lunokhod " LUNOKHOD_VERSION);
  (void)puts("  " LUA_RELEASE);
  (void)printf("  SQLite %s\n", sqlite3_libversion());
  (void)printf("  %s\n", curl_version()); /* with its TLS, zlib and the like */
  (void)printf("  libuv %s\n", uv_version_string());
  (void)printf("  libmicrohttpd %s\n", MHD_get_version());
  (void)printf("  zstd %s\n", ZSTD_versionString());
  (void)printf("  jansson %s\n", jansson_version_str());
  (void)printf("  libsodium %s\n", sodium_version_string());
  return EXIT_FINE;
}
