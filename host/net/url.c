#include "net/url.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/error.h"
#include "net/address.h"
#include "net/http.h"

/* "127.0.0.1", "[::1]", "localhost": names of this machine need no look-up. Curl has written numbers of any form as these. */
static bool is_private(char *host) {
  static const char local[] = "localhost";
  size_t size = strlen(host);
  if (*host == '[') {
    host[size - 1] = '\0';
    host++;
  }
  struct sockaddr_storage address;
  if (address_parse(host, &address)) return !address_is_public((const struct sockaddr *)&address);
  bool ends_so = size >= sizeof local - 1 && strcasecmp(host + size - (sizeof local - 1), local) == 0;
  return ends_so && (size == sizeof local - 1 || host[size - sizeof local] == '.');
}

bool url_check(const struct http_request *request, struct error *error) {
  char *scheme = NULL, *host = NULL;
  CURLU *parts = curl_url();
  bool is_read = parts && !curl_url_set(parts, CURLUPART_URL, request->url, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) &&
                 !curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
  bool ok = false;
  if (!is_read)
    error_set(error, ERROR_MISUSE, "%s: %s", request->label, curl_easy_strerror(CURLE_URL_MALFORMAT));
  else if (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0)
    error_set(error, ERROR_MISUSE, "%s: %s", request->label, curl_easy_strerror(CURLE_UNSUPPORTED_PROTOCOL));
  else if (curl_url_get(parts, CURLUPART_HOST, &host, 0))
    error_set(error, ERROR_MISUSE, "%s: %s", request->label, curl_easy_strerror(CURLE_URL_MALFORMAT));
  else if (request->public_only && is_private(host))
    error_set(error, ERROR_MISUSE,
              "that address is not on the public Internet, and only such are allowed here (run --allow-private-http "
              "allows others)");
  else
    ok = true;
  curl_free(scheme);
  curl_free(host);
  curl_url_cleanup(parts);
  return ok;
}
