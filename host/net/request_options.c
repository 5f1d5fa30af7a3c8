#include "net/request_options.h"

#include <curl/curl.h>

void request_options_tell(void *easy, struct request_options *known, const struct request_options *wanted) {
  if (wanted->headers != known->headers) (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, wanted->headers);
  if (wanted->connect_timeout_ms != known->connect_timeout_ms)
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, wanted->connect_timeout_ms);
  if (wanted->buffer_size != known->buffer_size) (void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, wanted->buffer_size);
  *known = *wanted;
}
