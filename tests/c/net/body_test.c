/* Bodies, cut at every byte. */
#include "net/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "common/memory.h"
#include "net/parameter.h"

enum { CEILING = 100000, VALUES_CEILING = 1000 };

static const char multipart[] = "multipart/form-data; boundary=BOUNDARY";

static char seen[8192];

static void describe(const struct parameter_list *list, const struct buffer *raw) {
  int at = 0;
  seen[0] = '\0';
  for (size_t i = 0; i < list->count; i++) {
    const struct server_parameter *one = &list->items[i];
    at += snprintf(seen + at, sizeof seen - (size_t)at, "[%s=%s%s%s]", one->name, one->value, one->file_name ? "@" : "",
                   one->file_name ? one->file_name : "");
  }
  if (raw->size) (void)snprintf(seen + at, sizeof seen - (size_t)at, "%.*s", (int)raw->size, raw->data);
}

/* Reads the body in two pieces, and describes what it was. Returns the status. */
static int read_cut(const char *type, const char *encoding, const char *data, size_t size, size_t cut) {
  struct parameter_list list = {0};
  struct body body;
  const struct body_options options = {type, encoding, CEILING, VALUES_CEILING};
  body_init(&body, &options, &list);
  body_feed(&body, data, cut);
  body_feed(&body, data + cut, size - cut);
  int status = body_end(&body);
  describe(&list, &body.raw);
  body_release(&body);
  parameter_list_release(&list);
  return status;
}

static void assert_reads(const char *type, const char *data, int status, const char *expected) {
  for (size_t cut = 0; cut <= strlen(data); cut++) {
    assert_int_equal(read_cut(type, NULL, data, strlen(data), cut), status);
    if (expected) assert_string_equal(seen, expected);
  }
}

/* One part with these headers, and one more. */
static void assert_part(const char *headers, const char *expected) {
  char data[1024], all[1024];
  (void)snprintf(data, sizeof data,
                 "--BOUNDARY\r\n%s\r\n\r\nhello\r\n--BOUNDARY\r\nContent-Disposition: form-data; name=\"last\"\r\n\r\nx\r\n"
                 "--BOUNDARY--\r\n",
                 headers);
  (void)snprintf(all, sizeof all, "%s[last=x]", expected);
  assert_reads(multipart, data, 0, all);
}

static void reads_parts_however_they_are_cut(void **state) {
  (void)state;
  assert_part("Content-Disposition: form-data; name=\"a\"", "[a=hello]");
  assert_part("Content-Type: text/plain\r\nContent-Disposition: form-data; name=\"a\"; filename=\"f.txt\"", "[a=hello@f.txt]");
  assert_reads(
      multipart,
      "before\r\n--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--BOUNDAR\r\n\r\n--BOUNDARY--after", 0,
      "[a=1\r\n--BOUNDAR\r\n]");
}

static void is_as_lenient_as_telegram(void **state) {
  (void)state;
  assert_part("content-disposition:form-data;name=\"a\"", "[a=hello]");
  assert_part("Content-Disposition: form-data; name=a; filename=h.txt", "[a=hello@h.txt]");
  assert_part("Content-Disposition: form-data; name=\"a\"; filename=\"a%20b.txt\"", "[a=hello@a b.txt]");
  assert_part("Content-Disposition: form-data; name=\"a\"; filename=\"q\\\"q\"", "[a=hello@q\"q]");
  assert_part("Content-Disposition: form-data; name=\"a\"; filename=\"\"", "[a=hello@]");
  assert_part("Content-Disposition: form-data;\r\n name=\"a\"", "[a=hello]");
  assert_reads("Multipart/Form-Data; BOUNDARY=\"b\"; charset=utf-8",
               "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--", 0, "[a=x]");
  assert_reads(
      multipart,
      "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
      "b=1&c=%41+\r\n--BOUNDARY--",
      0, "[b=1][c=A ]");
}

static void refuses_broken_parts(void **state) {
  (void)state;
  assert_reads(multipart, "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", 400, NULL);
  assert_reads(multipart, "--BOUNDARY\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--BOUNDARY--", 400, NULL);
  assert_reads(multipart, "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--BOUNDARY--", 400, NULL);
  assert_reads(multipart, "--BOUNDARY\r\nContent-Disposition: form-data\r\n\r\nx\r\n--BOUNDARY--", 400, NULL);
  assert_reads(multipart, "--BOUNDARY\r\nContent-Type: text/plain\r\n\r\nx\r\n--BOUNDARY--", 400, NULL);
  assert_reads("multipart/form-data", "--b\r\n", 400, NULL);
  assert_reads(multipart, "", 0, ""); /* no body, whatever is said of it */
}

static void reads_forms_and_keeps_all_else(void **state) {
  (void)state;
  assert_reads("application/x-www-form-urlencoded", "a=1&b=%D1%8F+%2&c", 0, "[a=1][b=я %2][c=]");
  assert_reads("application/json; charset=utf-8", "{\"a\":1}", 0, "{\"a\":1}");
  assert_reads(NULL, "a=1", 0, "a=1");
}

static void refuses_more_than_telegram_takes(void **state) {
  (void)state;
  char *large = memory_new(2000), *part = memory_new(3000);
  memset(large, 'x', VALUES_CEILING + 1);
  assert_int_equal(read_cut(NULL, NULL, large, VALUES_CEILING, 500), 0);
  assert_int_equal(read_cut(NULL, NULL, large, VALUES_CEILING + 1, 500), 413);
  (void)snprintf(part, 3000, "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n%s\r\n--BOUNDARY--", large);
  assert_int_equal(read_cut(multipart, NULL, part, strlen(part), 500), 413);
  (void)snprintf(part, 3000, "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"; filename=f\r\n\r\n%s\r\n--BOUNDARY--",
                 large);
  assert_int_equal(read_cut(multipart, NULL, part, strlen(part), 500), 0);
  free(large);
  free(part);
}

static size_t pack(const char *data, size_t size, unsigned char *to, size_t room, int window) {
  struct z_stream_s stream = {
      .next_in = (unsigned char *)data, .avail_in = (unsigned)size, .next_out = to, .avail_out = (unsigned)room};
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  size_t packed = room - stream.avail_out;
  assert_int_equal(deflateEnd(&stream), Z_OK);
  return packed;
}

static void unpacks_bodies(void **state) {
  (void)state;
  static const char text[] = "{\"text\":\"hello hello hello\"}";
  unsigned char packed[500];
  size_t size = pack(text, strlen(text), packed, sizeof packed, MAX_WBITS + 16);
  for (size_t cut = 0; cut <= size; cut++) {
    assert_int_equal(read_cut("application/json", "gzip", (char *)packed, size, cut), 0);
    assert_string_equal(seen, text);
  }
  assert_int_equal(read_cut("application/json", "gzip", (char *)packed, size - 1, 5), 400); /* cut off */
  assert_int_equal(read_cut("application/json", "gzip", text, strlen(text), 5), 400);       /* no gzip at all */
  assert_int_equal(read_cut("application/json", "br", text, strlen(text), 5), 415);
  size = pack(text, strlen(text), packed, sizeof packed, MAX_WBITS);
  assert_int_equal(read_cut("application/json", "Deflate", (char *)packed, size, 3), 0);
  assert_string_equal(seen, text);
}

/* A small body that would fill the memory is refused when it passes the ceiling, not when it is whole. */
static void stops_unpacking_at_the_ceiling(void **state) {
  (void)state;
  char *zeros = memory_new(4000000);
  unsigned char packed[20000];
  size_t size = pack(zeros, 4000000, packed, sizeof packed, MAX_WBITS + 16);
  assert_int_equal(read_cut("text/plain", "gzip", (char *)packed, size, 1), 413);
  free(zeros);
}

static void survives_want_of_memory(void **state) {
  (void)state;
  static const char data[] =
      "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello, longer than sixteen\r\n--BOUNDARY--";
  int status = -1;
  for (unsigned n = 1; status != 0; n++) {
    memory_fail_at(n);
    status = read_cut(multipart, NULL, data, sizeof data - 1, 60);
    memory_fail_at(0);
    assert_true(status == 0 || status == 500);
    assert_true(n < 100);
  }
  assert_string_equal(seen, "[a=hello, longer than sixteen]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_parts_however_they_are_cut),
      cmocka_unit_test(is_as_lenient_as_telegram),
      cmocka_unit_test(refuses_broken_parts),
      cmocka_unit_test(reads_forms_and_keeps_all_else),
      cmocka_unit_test(refuses_more_than_telegram_takes),
      cmocka_unit_test(unpacks_bodies),
      cmocka_unit_test(stops_unpacking_at_the_ceiling),
      cmocka_unit_test(survives_want_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
