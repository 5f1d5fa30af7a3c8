#include "net/http_failure.h"

#include <curl/curl.h>
#include <string.h>

#include "common/error.h"
#include "net/proxy.h"
#include "net/tls.h"

static enum error_kind kind_of(const struct http_failure *failure) {
  switch (failure->code) {
    case CURLE_OUT_OF_MEMORY: return ERROR_MEMORY;
    case CURLE_READ_ERROR: return ERROR_MISUSE; /* a part's file can't be read */
    case CURLE_UNSUPPORTED_PROTOCOL:            /* also for an answer that is not HTTP */
    case CURLE_URL_MALFORMAT: return failure->is_sent ? ERROR_UNCERTAIN : ERROR_MISUSE;
    default: return failure->is_sent ? ERROR_UNCERTAIN : ERROR_NETWORK;
  }
}

/* Words of curl_easy_strerror(), never of curl's error buffer, which may quote the URL with the token. */
void http_failure_explain(const struct http_failure *failure, struct error *error) {
  long number = 0;
  (void)curl_easy_getinfo((CURL *)failure->easy, CURLINFO_OS_ERRNO, &number);
  enum error_kind kind = kind_of(failure);
  const char *reason = number && failure->code == CURLE_COULDNT_CONNECT ? strerror((int)number) : NULL;
  if (failure->code == CURLE_PEER_FAILED_VERIFICATION) reason = tls_refusal(failure->easy);
  const char *hint = kind == ERROR_UNCERTAIN ? "; the request may have taken effect" : "";
  char proxy[PROXY_NAME_SIZE] = "";
  if (failure->proxy) proxy_name(failure->proxy, proxy);
  error_set(error, kind, "%s: %s%s%s%s%s%s", failure->label, curl_easy_strerror((CURLcode)failure->code), reason ? ": " : "",
            reason ? reason : "", *proxy ? "; the environment names the proxy " : "", proxy, hint);
}
