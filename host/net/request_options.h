/* Options of an easy handle that are the same from one request to the next, as a rule: libcurl keeps them, and each of them
 * takes it some eighty instructions to be told again. So it is told what has changed. The loop's thread only. Internal to the
 * floor. */
#pragma once

struct curl_slist;

struct request_options {
  struct curl_slist *headers;
  long connect_timeout_ms;
  long buffer_size; /* bytes. Each transfer under way has a buffer of this size, which is wiped in the end */
};

/* easy: a CURL. known: what it was told before; zeroed for one that is new or was reset. Afterwards the same as *wanted. */
void request_options_tell(void *easy, struct request_options *known, const struct request_options *wanted);
