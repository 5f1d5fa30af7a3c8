/* lunokhod sandbox: a local Telegram until SIGTERM or SIGINT. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "command/command.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "sandbox/sandbox.h"

enum { DEFAULT_PORT = 8081, DEFAULT_REQUESTS = 20000 };

static const char usage[] =
    "usage: lunokhod sandbox [--port N] [--data FILE] [--limits] [--requests N] [--delay MS] [--quiet]\n"
    "  --port N      listen there; 0: any free port (8081)\n"
    "  --data FILE   keep the state in FILE, files beside it (in memory only)\n"
    "  --limits      answer 429 where Telegram's rate limits would\n"
    "  --requests N  so many calls are shown by GET /sandbox/requests; 0: none (20000)\n"
    "  --delay MS    every call but getUpdates takes so long (0)\n"
    "  --quiet       log only what went wrong\n";

static bool read_number(const char *text, long long most, long long *number) {
  char *end;
  *number = strtoll(text, &end, 10);
  return *text >= '0' && *text <= '9' && !*end && *number <= most;
}

/* 0: go on, with *options filled in; else the exit code plus one. */
static int read_options(int count, char **arguments, struct sandbox_options *options) {
  static const struct option known[] = {
      {"port", 1, NULL, 'p'},  {"data", 1, NULL, 'f'},  {"limits", 0, NULL, 'l'}, {"requests", 1, NULL, 'r'},
      {"delay", 1, NULL, 'd'}, {"quiet", 0, NULL, 'q'}, {"help", 0, NULL, 'h'},   {0}};
  long long number = 0;
  bool ok = true;
  opterr = 0; /* one line of our own instead of getopt's */
  optind = 1;
  for (int option; ok && (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
    switch (option) {
      case 'p': ok = read_number(optarg, 65535, &number), options->port = (unsigned)number; break;
      case 'f': options->data_path = optarg; break;
      case 'l': options->has_limits = true; break;
      case 'r': ok = read_number(optarg, 10000000, &number), options->requests = (unsigned)number; break;
      case 'd': ok = read_number(optarg, 3600000, &number), options->delay_ms = number; break;
      case 'q': log_set_level(LOG_WARN); break;
      case 'h': (void)fputs(usage, stdout); return 1;
      default: ok = false;
    }
  }
  if (ok && optind == count) return 0;
  const char *wrong = arguments[ok ? optind : optind - 1];
  (void)fprintf(stderr, "lunokhod sandbox: can't use \"%s\"; see lunokhod sandbox --help\n", wrong);
  return EXIT_USAGE + 1;
}

static void on_stop(int number, void *loop) {
  (void)number;
  loop_stop(loop);
}

/* A connection is a descriptor, and benchmarks open thousands. */
static void raise_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(struct loop *loop, const struct sandbox_options *options) {
  struct error error = {0};
  struct clock *clock = clock_open(loop);
  struct loop_signal *term = loop_signal_open(loop, SIGTERM, on_stop, loop, &error);
  struct loop_signal *interrupt = term ? loop_signal_open(loop, SIGINT, on_stop, loop, &error) : NULL;
  struct sandbox *sandbox = interrupt ? sandbox_open(loop, clock, options, &error) : NULL;
  if (sandbox) {
    (void)printf("sandbox: http://127.0.0.1:%u/\n", sandbox_port(sandbox));
    (void)fflush(stdout);
    log_info("the sandbox listens; port=%u data=%s", sandbox_port(sandbox), options->data_path);
    loop_run(loop);
    (void)sandbox_close(sandbox, &error);
  }
  loop_signal_close(interrupt);
  loop_signal_close(term);
  clock_close(clock);
  if (!error.kind) return EXIT_SUCCESS;
  log_error("the sandbox failed; reason=%s", error.text);
  return EXIT_FAILURE;
}

int command_sandbox(int count, char **arguments) {
  struct sandbox_options options = {.port = DEFAULT_PORT, .requests = DEFAULT_REQUESTS};
  struct error error = {0};
  int code = read_options(count, arguments, &options);
  if (code) return code - 1;
  (void)signal(SIGPIPE, SIG_IGN);
  raise_descriptors();
  struct loop *loop = loop_open(&error);
  if (!loop) {
    log_error("no event loop; reason=%s", error.text);
    return EXIT_FAILURE;
  }
  code = run(loop, &options);
  return loop_close(loop) ? code : EXIT_FAILURE;
}
