/* One run of the simulator: people, an admin, and hosts that crash, freeze and come back, over a network that loses things, for
 * some time of chaos; then calm, and the account. All of it comes from the seed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world_options {
  uint64_t seed;
  int machines; /* 1 to 3 */
  bool is_durable;
  bool is_told; /* every line of the hosts' logs goes to stdout, with the time and the machine's number */
  const char *script;
  const char *plot; /* each seed has this one, by its name (weather.c); NULL: half of them have one */
};

struct world_result {
  char problem[600]; /* what was wrong; "": nothing */
  int64_t lived_ms;  /* time that has passed in it */
  size_t messages, lost, crashes, calls;
  uint64_t trace; /* equal for two runs of one seed */
};

void world_run(const struct world_options *options, struct world_result *result);
bool weather_has_plot(const char *name);
