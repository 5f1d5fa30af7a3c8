/* The simulator: simulation [-d] [-f] [-m MACHINES] [-n SEEDS] [-p PLOT] [-s FIRST] [-v] SCRIPT runs seeds, and prints those
 * that fail. With -f the first of those is the last. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"
#include "world.h"

struct totals {
  uint64_t seeds, failed, messages, lost, crashes, calls;
  int64_t lived_ms;
};

static char at_seed[100];

static void on_abort(int number) {
  ssize_t written = write(STDERR_FILENO, at_seed, strlen(at_seed));
  (void)written;
  (void)signal(number, SIG_DFL);
  (void)raise(number);
}

static void run_one(const struct world_options *options, struct totals *totals) {
  struct world_result result;
  (void)snprintf(at_seed, sizeof at_seed, "ended within seed %" PRIu64 "\n", options->seed);
  world_run(options, &result);
  totals->seeds++;
  totals->failed += result.problem[0] != '\0';
  totals->messages += result.messages;
  totals->lost += result.lost;
  totals->crashes += result.crashes;
  totals->calls += result.calls;
  totals->lived_ms += result.lived_ms;
  if (result.problem[0]) printf("seed %" PRIu64 ": %s\n", options->seed, result.problem);
  if (options->is_told) printf("seed %" PRIu64 ": trace %016" PRIx64 "\n", options->seed, result.trace);
}

/* A seed that fails is of use only if it fails again. */
static bool repeats(const struct world_options *options) {
  struct world_result one, other;
  world_run(options, &one);
  world_run(options, &other);
  if (one.trace != other.trace) printf("seed %" PRIu64 " does not repeat itself\n", options->seed);
  return one.trace == other.trace;
}

/* What a process does but once, as to compile our modules, would make its first run differ from all others. */
static void warm_up(const struct world_options *options) {
  struct world_options quiet = *options;
  struct world_result result;
  quiet.is_told = false;
  world_run(&quiet, &result);
}

static void print(const struct world_options *options, const struct totals *totals, int64_t us) {
  double seconds = us > 0 ? (double)us / 1000000 : 1;
  printf("%s, %d host%s: %" PRIu64 " seeds, %" PRIu64 " failed; %.1f seeds/s, %.0f hours of bot life; %" PRIu64
         " messages, %" PRIu64 " lost as they may be, %" PRIu64 " crashes, %" PRIu64 " calls\n",
         options->is_durable ? "durable" : "default", options->machines, options->machines > 1 ? "s" : "", totals->seeds,
         totals->failed, (double)totals->seeds / seconds, (double)totals->lived_ms / 3600000, totals->messages, totals->lost,
         totals->crashes, totals->calls);
}

int main(int count, char **arguments) {
  struct world_options options = {.seed = 1, .machines = 1};
  struct totals totals = {0};
  uint64_t seeds = 1;
  bool ends_with_failure = false;
  for (int option; (option = getopt(count, arguments, "dfm:n:p:s:v")) != -1;) {
    switch (option) {
      case 'd': options.is_durable = true; break;
      case 'f': ends_with_failure = true; break;
      case 'm': options.machines = (int)strtol(optarg, NULL, 10); break;
      case 'n': seeds = strtoull(optarg, NULL, 10); break;
      case 'p': options.plot = optarg; break;
      case 's': options.seed = strtoull(optarg, NULL, 10); break;
      case 'v': options.is_told = true; break;
      default: return 2;
    }
  }
  if (optind + 1 != count || options.machines < 1 || options.machines > 3) return 2;
  if (options.plot && !weather_has_plot(options.plot)) return 2;
  options.script = arguments[optind];
  (void)signal(SIGABRT, on_abort);
  warm_up(&options);
  bool ok = options.is_told || ends_with_failure || repeats(&options);
  int64_t began = system_real_us();
  for (uint64_t last = options.seed + seeds; options.seed < last && !(ends_with_failure && totals.failed); options.seed++)
    run_one(&options, &totals);
  print(&options, &totals, system_real_us() - began);
  return ok && !totals.failed ? 0 : 1;
}
