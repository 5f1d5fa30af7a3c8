/* What machines ask a host over HTTP: /metrics (Prometheus' text format), /healthz (does it live?), /readyz (does it take
 * updates?). Part of the floor's face: operator.h includes it. The loop's thread only. */
#pragma once
#include <stdbool.h>

struct backup;
struct clock;
struct database;
struct metrics;
struct reload;
struct script;
struct server_refusal;
struct server_request;
struct telegram;
struct updates;

struct metrics_options { /* pointers are kept until metrics_close() */
  struct clock *clock;
  struct telegram *telegram;
  struct database *database;
  struct script *script;
  struct updates *updates;
  struct backup *backup;
  struct reload *reload;
  bool has_webhook, has_admin;
  bool (*is_serving)(void *data);           /* is the data restored, and no stop under way? */
  unsigned (*connection_count)(void *data); /* that are open to this host */
  void *data;
};

struct metrics *metrics_open(const struct metrics_options *options); /* given: metrics_close() */
void metrics_close(struct metrics *metrics);                         /* NULL does no harm */

bool metrics_is_path(const char *path);                                                   /* one of the three */
void metrics_admit(const struct server_request *request, struct server_refusal *refusal); /* as of server_options */
void metrics_answer(const struct metrics *metrics, struct server_request *request);       /* at once, whatever its path is */
