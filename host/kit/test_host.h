/* The world of one `it`: a host, as `lunokhod run` has it, with a Telegram in memory and a clock that stands still until it is
 * turned. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct error;
struct fake_http;
struct http_answer;
struct http_request;
struct recorder;
struct sandbox;
struct test_host;
struct transport;

/* An empty Telegram, no host in it yet, the clock at TEST_HOST_BEGIN_AT. database_url (kept): of PostgreSQL, where a schema of
 * this process begins empty; NULL: the data is in memory. Given: test_host_close(). NULL: ERROR_SYSTEM, ERROR_NETWORK. */
struct test_host *test_host_open(const char *database_url, struct error *error);
void test_host_close(struct test_host *test); /* the host may be running. NULL does no harm */

#define TEST_HOST_BEGIN_AT 1704110400000 /* Monday, 2024-01-01 12:00:00 UTC */
#define TEST_HOST_BOT_ID 123456789

struct test_host_replay { /* how a host is another one than that of a spec; kept, with what it points to */
  void (*wrap)(struct transport *transport, struct clock *clock, void *data); /* takes it, and gives another */
  void (*serve)(const struct http_request *request, struct http_answer *answer, void *data);
  struct recorder *recorder;
  const unsigned char *image; /* of the data; NULL: none. For the next start only */
  size_t image_size;
  uint64_t random_seed;
  unsigned deadline_ms;
  int64_t admin_id; /* who has no backup */
  void *data;
};
void test_host_set_replay(struct test_host *test, const struct test_host_replay *replay);

struct sandbox *test_host_sandbox(struct test_host *test); /* borrowed, like the next */
struct fake_http *test_host_http(struct test_host *test);  /* what the bot's http.get() finds */
int64_t test_host_now(const struct test_host *test);       /* ms since 1970 */

/* The host starts, and works until it is idle: with the last backup of the admin's chat, or without an admin with the data that
 * the last host has left. The clock goes on where a restore waits for time. paths: the scripts, copied; admin_id: whose chat
 * keeps the backups, 0: there is no admin. False: what `lunokhod run` would say; there is no host then. */
bool test_host_start(struct test_host *test, const char *const *paths, size_t count, int64_t admin_id, struct error *error);

/* The host ends in the midst of what it does, like a machine that loses its power. Without an admin its data stays as a backup
 * of this moment would hold it, inbox included. Without a host, does nothing. False: the data could not be kept. */
bool test_host_kill(struct test_host *test, struct error *error);
bool test_host_reload(struct test_host *test, struct error *error); /* False: the old scripts go on, or there is no host */
bool test_host_is_running(const struct test_host *test);            /* false also after a host that has ended by itself */
size_t test_host_unfinished(const struct test_host *test);          /* updates that wait for time */

/* Somebody sets the machine's clock: see clock_jump(). */
void test_host_jump(struct test_host *test, int64_t ms);

/* Turns the clock by `ms`, timer by timer; before, in between and afterwards everything works until nothing is left but waiting
 * for time. False: it does not come to rest (ERROR_FULL), or a host that ended by itself left data that could not be kept. */
bool test_host_work(struct test_host *test, int64_t ms, struct error *error);
