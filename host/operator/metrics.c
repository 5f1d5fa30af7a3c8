/* Prometheus' text format, written anew for each question: nothing is added up beside what the rooms count anyway. Names by
 * Prometheus' rules: base units, `_total` for what only grows, times as timestamps, since whoever asks knows what time it is.
 * What has no value yet has no line. */
#include "operator/metrics.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "backup/backup.h"
#include "common/buffer.h"
#include "common/clock.h"
#include "common/histogram.h"
#include "common/memory.h"
#include "net/server.h"
#include "operator/operator.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

enum { TEXT_RESERVED = 256 << 10, TEXT_CEILING = 1 << 20 }; /* 250 methods with all their outcomes are 100 kB */

static const char text_type[] = "text/plain; version=0.0.4; charset=utf-8";
static const char ready_path[] = "/readyz", health_path[] = "/healthz", metrics_path[] = "/metrics";

struct metrics {
  struct metrics_options options;
  int64_t started_at; /* ms since 1970 */
};

struct metrics *metrics_open(const struct metrics_options *options) {
  struct metrics *metrics = memory_new(sizeof *metrics);
  *metrics = (struct metrics){.options = *options, .started_at = clock_now(options->clock)};
  return metrics;
}

void metrics_close(struct metrics *metrics) { free(metrics); }

/* ---- lines: their memory was reserved before the first ---- */

static void begin(struct buffer *text, const char *name, const char *type, const char *help) {
  (void)buffer_format(text, NULL, "# HELP lunokhod_%s %s\n# TYPE lunokhod_%s %s\n", name, help, name, type);
}

static void add(struct buffer *text, const char *name, const char *type, const char *help, double value) {
  begin(text, name, type, help);
  (void)buffer_format(text, NULL, "lunokhod_%s %.15g\n", name, value);
}

static void add_count(struct buffer *text, const char *name, const char *help, uint64_t value) {
  add(text, name, "counter", help, (double)value);
}

static void add_gauge(struct buffer *text, const char *name, const char *help, double value) {
  add(text, name, "gauge", help, value);
}

static void add_time(struct buffer *text, const char *name, const char *help, int64_t at) {
  if (at) add_gauge(text, name, help, (double)at / 1000);
}

/* ---- updates ---- */

static void add_durations(struct buffer *text, const struct histogram *durations) {
  static const char name[] = "handler_duration_seconds";
  uint64_t count = 0;
  begin(text, name, "histogram", "From the begin of an update's handler to its end, with what it waits for.");
  for (unsigned i = 0; i < HISTOGRAM_RANGES; i++) {
    count += durations->counts[i];
    (void)buffer_format(text, NULL, "lunokhod_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)histogram_end_us(i) / 1e6,
                        count);
  }
  count += durations->counts[HISTOGRAM_RANGES];
  (void)buffer_format(text, NULL,
                      "lunokhod_%s_bucket{le=\"+Inf\"} %" PRIu64 "\nlunokhod_%s_sum %.6f\nlunokhod_%s_count %" PRIu64 "\n",
                      name, count, name, (double)durations->sum_us / 1e6, name, count);
}

static void add_webhook(struct buffer *text, const struct updates_status *status) {
  static const char waiting[] = "webhook_waiting_requests";
  add_gauge(text, "webhook_set", "1 when Telegram was told of the webhook.", status->is_webhook_set);
  begin(text, waiting, "gauge", "Updates at the webhook without an answer yet, by what they wait for.");
  (void)buffer_format(text, NULL, "lunokhod_%s{for=\"room\"} %zu\nlunokhod_%s{for=\"backup\"} %zu\n", waiting, status->held,
                      waiting, status->unsaved);
  add_count(text, "webhook_refused_requests_total", "Requests with a wrong secret.", status->refused);
  add_count(text, "webhook_replies_total", "Calls of handlers that were the answer to an update.", status->replies);
}

static void add_updates(struct buffer *text, const struct metrics_options *options) {
  struct updates_status status;
  int64_t dead = 0;
  updates_status(options->updates, &status);
  add_count(text, "updates_received_total", "Updates that have arrived.", status.received);
  add_count(text, "updates_finished_total", "Updates whose handler has succeeded.", status.finished);
  add_count(text, "updates_failed_total", "Updates that have become dead letters.", status.failed);
  add_gauge(text, "updates_unfinished", "Updates in the inbox, in hand or waiting.", (double)status.unfinished);
  add_gauge(text, "updates_parked", "Those of them that wait in the database.", (double)status.parked);
  add_gauge(text, "lanes", "Chats that have unfinished updates in memory.", (double)status.lanes);
  if (dead_letter_count(options->database, &dead, NULL))
    add_gauge(text, "dead_letters", "Dead letters that are kept.", (double)dead);
  add_time(
      text, "last_arrival_timestamp_seconds", "When the last poll succeeded, or the webhook had its last update.",
      status.leads || options->has_webhook ? status.last_poll_at : 0); /* a host that does not poll any more misses nothing */
  if (options->has_webhook) add_webhook(text, &status);
  add_durations(text, status.durations);
}

/* ---- calls ---- */

static void add_ended(const struct call_count *count, void *data) {
  static const char *const outcomes[CALL_OUTCOMES] = {"ok", "refused", "network", "uncertain", "other"};
  for (int i = 0; i < CALL_OUTCOMES; i++) {
    if (!count->ended[i]) continue;
    (void)buffer_format(data, NULL, "lunokhod_calls_total{method=\"%s\",outcome=\"%s\"} %" PRIu64 "\n", count->method,
                        outcomes[i], count->ended[i]);
  }
}

static void add_pauses(const struct call_count *count, void *data) {
  if (!count->pauses) return;
  (void)buffer_format(data, NULL, "lunokhod_call_pauses_total{method=\"%s\"} %" PRIu64 "\n", count->method, count->pauses);
}

static void add_pause_time(const struct call_count *count, void *data) { *(int64_t *)data += count->paused_ms; }

static void add_calls(struct buffer *text, const struct telegram *telegram) {
  const struct call_counts *counts = telegram_counts(telegram);
  int64_t paused_ms = 0;
  begin(text, "calls_total", "counter", "Calls of the Bot API that have ended, by method and outcome.");
  call_counts_each(counts, add_ended, text);
  begin(text, "call_pauses_total", "counter", "Answers of Telegram with 429, by method.");
  call_counts_each(counts, add_pauses, text);
  call_counts_each(counts, add_pause_time, &paused_ms);
  add(text, "call_pause_seconds_total", "counter", "Time for which those answers asked to wait.", (double)paused_ms / 1000);
  add_gauge(text, "calls_in_flight", "Calls that have begun and not ended, waiting ones among them.",
            (double)telegram_in_flight(telegram));
}

/* ---- backups, scripts, the process ---- */

static void add_backup(struct buffer *text, const struct backup *backup) {
  struct backup_status status;
  backup_status(backup, &status);
  add_time(text, "backup_last_timestamp_seconds", "When the last backup was made.", status.saved_at);
  add_gauge(text, "backup_unsaved_commits", "Transactions that no backup has yet.", (double)status.unsaved);
  add_gauge(text, "backup_image_bytes", "The database in the last backup.", (double)status.image_size);
  add_gauge(text, "backup_archive_bytes", "The last backup as it was sent.", (double)status.archive_size);
  add_count(text, "backup_uploaded_bytes_total", "What backups have sent.", status.uploaded);
  add_gauge(text, "backup_failures", "Backups that have failed in a row; 0 when the last was good.", status.failures);
  add(text, "backup_longest_pause_seconds", "gauge", "For how long the copying of a backup has stopped the bot at most.",
      (double)status.longest_pause_us / 1e6);
}

static void add_scripts(struct buffer *text, const struct metrics_options *options) {
  struct reload_status reload;
  reload_status(options->reload, &reload);
  add_gauge(text, "script_files", "Files of scripts that are loaded.", (double)script_file_count(options->script));
  add_gauge(text, "script_memory_bytes", "Memory of the scripts.", (double)script_memory(options->script));
  add_gauge(text, "handlers_running", "Handlers that have begun and not ended, of jobs too.",
            (double)script_run_count(options->script));
  begin(text, "reloads_total", "counter", "Reloads of the scripts, by outcome.");
  (void)buffer_format(text, NULL,
                      "lunokhod_reloads_total{outcome=\"loaded\"} %" PRIu64
                      "\nlunokhod_reloads_total{outcome=\"refused\"} %" PRIu64 "\n",
                      reload.loaded, reload.refused);
  add_time(text, "last_reload_timestamp_seconds", "When scripts were loaded again at last.", reload.loaded_at);
}

static double seconds_of(const struct timeval *time) { return (double)time->tv_sec + (double)time->tv_usec / 1e6; }

/* These names are Prometheus' own, so they have no prefix. */
static void add_process(struct buffer *text, int64_t started_at) {
  struct rusage usage = {0};
  (void)getrusage(RUSAGE_SELF, &usage);
  (void)buffer_format(text, NULL,
                      "# HELP process_start_time_seconds When the host was started.\n"
                      "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n"
                      "# HELP process_cpu_seconds_total Processor time, of the user and of the system.\n"
                      "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.6f\n"
                      "# HELP process_resident_memory_bytes Memory of the whole process.\n"
                      "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %.0f\n",
                      (double)started_at / 1000, seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime),
                      (double)memory_resident_kb() * 1024);
}

/* ---- answers ---- */

/* Can updates arrive now? A host that waits to reign, stops, or has no webhook yet is not ready. */
static bool is_ready(const struct metrics_options *options) {
  struct updates_status status;
  updates_status(options->updates, &status);
  return options->is_serving(options->data) && (!options->has_webhook || status.is_webhook_set);
}

static void write_all(const struct metrics *metrics, struct buffer *text) {
  const struct metrics_options *options = &metrics->options;
  begin(text, "build_info", "gauge", "The version of the program; always 1.");
  (void)buffer_format(text, NULL, "lunokhod_build_info{version=\"%s\"} 1\n", LUNOKHOD_VERSION);
  add_gauge(text, "ready", "1 when updates are taken, as /readyz says.", is_ready(options));
  add_updates(text, options);
  add_calls(text, options->telegram);
  if (options->has_admin) add_backup(text, options->backup);
  add_scripts(text, options);
  add_gauge(text, "open_connections", "Connections to this host, that of the question among them.",
            options->connection_count(options->data));
  add_process(text, metrics->started_at);
}

bool metrics_is_path(const char *path) {
  return strcmp(path, metrics_path) == 0 || strcmp(path, health_path) == 0 || strcmp(path, ready_path) == 0;
}

static void answer_metrics(const struct metrics *metrics, struct server_request *request) {
  struct buffer text;
  size_t size;
  buffer_init(&text, TEXT_CEILING);
  bool ok = buffer_reserve(&text, TEXT_RESERVED, NULL);
  if (ok) write_all(metrics, &text);
  char *bytes = buffer_take(&text, &size);
  server_reply(request, ok ? 200 : 500, text_type, bytes, size, NULL);
}

static void answer_word(struct server_request *request, bool is_fine) {
  static const char fine[] = "ok\n", not_fine[] = "not ready\n";
  const char *word = is_fine ? fine : not_fine;
  server_reply_static(request, is_fine ? 200 : 503, "text/plain", word, strlen(word));
}

void metrics_admit(const struct server_request *request, struct server_refusal *refusal) {
  static const char *const only_get[] = {"Allow: GET, HEAD", NULL};
  const char *method = server_method(request);
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) *refusal = (struct server_refusal){405, only_get};
}

void metrics_answer(const struct metrics *metrics, struct server_request *request) {
  const char *path = server_path(request);
  if (strcmp(path, metrics_path) == 0)
    answer_metrics(metrics, request);
  else
    answer_word(request, strcmp(path, health_path) == 0 || is_ready(&metrics->options));
}
