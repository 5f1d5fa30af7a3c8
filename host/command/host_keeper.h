/* Keeps a host running as a process of its own: `lunokhod dev`. One that ends is started again, at once after a kill, and ever
 * more slowly where it does not live for long. One that has ended as it was told to is not. What it logs goes to this program's
 * standard error, and into the tail of this program's log (log_tail.h). Internal to the floor; the loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct clock;
struct error;
struct host_keeper;
struct loop;
struct sandbox_keeper;

struct host_keeper_options { /* all of it kept */
  struct loop *loop;
  struct clock *clock;
  const char *control_path;     /* that of the host's control socket in them */
  int64_t admin_id, interval_s; /* for the page */
  void (*ended)(int exit_code,
                void *data); /* once: after host_keeper_stop(), or where the very first start failed for its options */
  void *data;
};

struct host_keeper *host_keeper_new(const struct host_keeper_options *options);
void host_keeper_free(struct host_keeper *keeper); /* after `ended`, or before it was started. NULL does no harm */

/* The value of --clock-ahead for the next start: borrowed, and changes with the sandbox's clock. */
const char *host_keeper_ahead(const struct host_keeper *keeper);

/* arguments of `lunokhod run`, from "lunokhod" on, NULL at the end: kept. Before the first start. */
void host_keeper_set_arguments(struct host_keeper *keeper, char *const *arguments);
bool host_keeper_start(struct host_keeper *keeper, struct error *error); /* false: ERROR_SYSTEM, `ended` is not called */
void host_keeper_stop(struct host_keeper *keeper); /* asks the host to end; a second time: to end at once */
const struct sandbox_keeper *host_keeper_face(struct host_keeper *keeper); /* for the sandbox; borrowed */
