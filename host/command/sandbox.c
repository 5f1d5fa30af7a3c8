/* lunokhod sandbox: a local Telegram until SIGTERM or SIGINT. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "command/process.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/loop.h"
#include "sandbox/sandbox.h"

enum { DEFAULT_PORT = 8081, DEFAULT_REQUESTS = 20000 };

static bool read_options(int count, char **arguments, struct sandbox_options *options, struct error *error) {
  static const char head[] = "lunokhod sandbox [options]   a local Telegram to run bots against, with a chat page";
  int64_t port = DEFAULT_PORT, requests = DEFAULT_REQUESTS;
  bool is_quiet = false;
  const struct option_row rows[] = {
      {OPTION_NUMBER, "port", NULL, &port, 0, 65535, "N", "listen there; 0: any free port"},
      {OPTION_TEXT, "data", NULL, &options->data_path, 0, 0, "FILE",
       "keep the state in FILE, files beside it (default: in memory only)"},
      {OPTION_TEXT, "tls-cert", NULL, &options->certificate_file, 0, 0, "FILE", "HTTPS, by this certificate (PEM)"},
      {OPTION_TEXT, "tls-key", NULL, &options->key_file, 0, 0, "FILE", "its key"},
      {OPTION_FLAG, "limits", NULL, &options->has_limits, 0, 0, NULL, "answer 429 where Telegram's rate limits would"},
      {OPTION_NUMBER, "requests", NULL, &requests, 0, 10000000, "N",
       "so many calls are shown by GET /sandbox/requests; 0: none"},
      {OPTION_NUMBER, "delay", NULL, &options->delay_ms, 0, 3600000, "MS", "every call but getUpdates takes so long"},
      {OPTION_FLAG, "quiet", NULL, &is_quiet, 0, 0, NULL, "log only what went wrong"},
      {.kind = OPTION_END},
  };
  if (!options_read(rows, head, &count, arguments, error)) return false;
  if (count) return error_set(error, ERROR_MISUSE, "can't use \"%s\"; see lunokhod sandbox --help", arguments[1]);
  if (!options->certificate_file != !options->key_file)
    return error_set(error, ERROR_MISUSE, "--tls-cert and --tls-key belong together");
  options->port = (unsigned)port;
  options->requests = (unsigned)requests;
  if (is_quiet) log_set_level(LOG_WARN);
  return true;
}

static void on_stop(int number, void *loop) {
  (void)number;
  loop_stop(loop);
}

static bool serve(struct loop *loop, struct clock *clock, const struct sandbox_options *options, struct error *error) {
  struct sandbox *sandbox = sandbox_open(loop, clock, options, error);
  if (!sandbox) return false;
  const char *scheme = options->certificate_file ? "https" : "http";
  (void)printf("sandbox: %s://127.0.0.1:%u/\n", scheme, sandbox_port(sandbox));
  (void)fflush(stdout);
  log_info("the sandbox listens; port=%u data=%s", sandbox_port(sandbox), options->data_path);
  loop_run(loop);
  return sandbox_close(sandbox, error);
}

int command_sandbox(int count, char **arguments) {
  struct sandbox_options options = {0};
  struct error error = {0};
  if (!read_options(count, arguments, &options, &error)) {
    (void)fprintf(stderr, "lunokhod sandbox: %s\n", error.text);
    return EXIT_USAGE;
  }
  process_prepare();
  struct loop *loop = loop_open(&error);
  struct clock *clock = loop ? clock_open(loop) : NULL;
  struct loop_signal *term = loop ? loop_signal_open(loop, SIGTERM, on_stop, loop, &error) : NULL;
  struct loop_signal *interrupt = term ? loop_signal_open(loop, SIGINT, on_stop, loop, &error) : NULL;
  bool ok = interrupt && serve(loop, clock, &options, &error);
  if (!ok) log_error("the sandbox failed; reason=%s", error.text);
  loop_signal_close(interrupt);
  loop_signal_close(term);
  clock_close(clock);
  if (loop && !loop_close(loop)) ok = false;
  return ok ? EXIT_FINE : EXIT_FAILED;
}
