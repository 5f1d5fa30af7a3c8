/* The options of `lunokhod run`: their table, what is checked of them together, and what they mean for a host. */
#include "command/run_options.h"

#include <assert.h>
#include <string.h>

#include "command/options.h"
#include "command/service_manager.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log_levels.h"

static const char USAGE[] = "lunokhod run [options] SCRIPT|DIR...   run a bot; its token is in BOT_TOKEN";

enum { ROWS_MAX = 64 };

static const struct run_options defaults = {
    .host.api_root = "https://api.telegram.org",
    .log_format = "text",
    .log_level = "info",
    .memory_mb = 128,
    .deadline_s = 30,
    .inbox = 2000,
    .poll_s = 25,
    .interval_s = 30,
    .webhook_connections = 100,
    .clock_ahead_s = CLOCK_IS_REAL,
    .record_limit_mb = 256,
};

static bool check_options(const struct run_options *run, struct error *error) {
  const struct host_options *options = &run->host;
  if (options->path_count == 0) return error_set(error, ERROR_MISUSE, "which scripts? lunokhod run [options] SCRIPT|DIR...");
  bool is_about_backups = options->is_durable || options->copy_chat_id || options->copy_directory || options->is_fresh ||
                          options->keep_days || run->key_file;
  if (options->database_url && is_about_backups)
    return error_set(
        error, ERROR_MISUSE,
        "with --database there are no backups: --durable, --fresh, --keep-days, --backup-key and copies are for those");
  if (options->is_durable && !options->admin_id)
    return error_set(error, ERROR_MISUSE, "--durable needs an admin to keep the backups: set ADMIN_ID");
  if ((options->copy_chat_id || options->copy_directory) && !options->admin_id)
    return error_set(error, ERROR_MISUSE, "copies are made of backups, which need an admin: set ADMIN_ID");
  if ((run->key_file || options->keep_days) && !options->admin_id)
    return error_set(error, ERROR_MISUSE, "--%s is about backups, which need an admin: set ADMIN_ID",
                     run->key_file ? "backup-key" : "keep-days");
  if (options->copy_chat_id && options->copy_chat_id == options->admin_id)
    return error_set(error, ERROR_MISUSE, "--copy-to must be another chat than the admin's, in which the backups are");
  if (options->webhook_url && !options->listen)
    return error_set(error, ERROR_MISUSE, "--webhook needs --listen: where does the host take what Telegram sends?");
  if (options->replies_in_webhook && !options->webhook_url)
    return error_set(error, ERROR_MISUSE,
                     "--reply-in-webhook needs --webhook: a poll has no answer in which a reply could travel");
  if (!options->tls_certificate != !options->tls_key)
    return error_set(error, ERROR_MISUSE, "--tls-cert and --tls-key belong together");
  if (options->tls_certificate && !options->listen)
    return error_set(error, ERROR_MISUSE, "--tls-cert needs --listen: where is HTTPS served?");
  if (run->records_texts && !run->record_path)
    return error_set(error, ERROR_MISUSE, "--record-texts needs --record: into which file?");
  return true;
}

static void convert(struct run_options *run) {
  struct host_options *options = &run->host;
  options->memory_ceiling = (size_t)run->memory_mb << 20;
  options->deadline_ms = (unsigned)run->deadline_s * 1000;
  options->inbox_capacity = (size_t)run->inbox;
  options->poll_seconds = (unsigned)run->poll_s;
  options->interval_ms = run->interval_s * 1000;
  options->webhook_connections = (unsigned)run->webhook_connections;
  options->may_turn_clock = run->clock_ahead_s != CLOCK_IS_REAL;
}

/* Each list gives `rows` its own, and returns how many. */
static size_t list_what_the_bot_does(struct run_options *run, struct option_row *rows) {
  struct host_options *options = &run->host;
  const struct option_row list[] = {
      {OPTION_TEXT, "token-file", "BOT_TOKEN_FILE", &run->token_file, 0, 0, "FILE", "the bot's token, instead of BOT_TOKEN"},
      {OPTION_TEXT, "api-root", "TELEGRAM_API_ROOT", &options->api_root, 0, 0, "URL", "the Bot API server"},
      {OPTION_TEXT, "ca-file", "SSL_CERT_FILE", &options->ca_file, 0, 0, "FILE", "trust these authorities, too (PEM)"},
      {OPTION_TEXT, "server-files", "LUNOKHOD_SERVER_FILES", &options->server_files, 0, 0, "DIR",
       "where a Bot API server with --local keeps its files"},
      {OPTION_TEXT, "database", "LUNOKHOD_DATABASE", &options->database_url, 0, 0, "URL",
       "keep the data in PostgreSQL: no backups"},
      {OPTION_NUMBER, "admin-id", "ADMIN_ID", &options->admin_id, 1, INT64_MAX, "ID", "in whose chat the backups are"},
      {OPTION_NUMBER, "config-id", "CONFIG_ID", &options->config_id, 1, INT32_MAX, "ID",
       "the backup's message, if it can't be found by itself"},
      {OPTION_NUMBER, "backup-interval", "BACKUP_INTERVAL", &run->interval_s, 1, 86400, "SECONDS", "between two backups"},
      {OPTION_FLAG, "tell-changes", "LUNOKHOD_TELL_CHANGES", &options->tells_changes, 0, 0, NULL,
       "for development: log what backups change"},
      {OPTION_NUMBER, "copy-to", "COPY_TO", &options->copy_chat_id, INT64_MIN, INT64_MAX, "CHAT",
       "another chat or channel, where each day's first backup goes, too"},
      {OPTION_TEXT, "copy-dir", "COPY_DIR", &options->copy_directory, 0, 0, "DIR", "a directory for the same"},
      {OPTION_NUMBER, "keep-days", "KEEP_DAYS", &options->keep_days, 1, 30, "N", "days until deleted data is in no copy"},
      {OPTION_TEXT, "backup-key", "BACKUP_KEY_FILE", &run->key_file, 0, 0, "FILE",
       "encrypt backups by its first key, and read them by all; SIGHUP reads it again"},
      {OPTION_FLAG, "durable", "LUNOKHOD_DURABLE", &options->is_durable, 0, 0, NULL,
       "lose nothing: confirm updates only when a backup has them"},
      {OPTION_FLAG, "fresh", "LUNOKHOD_FRESH", &options->is_fresh, 0, 0, NULL, "do not restore; start empty"},
      {OPTION_FLAG, "takeover", "LUNOKHOD_TAKEOVER", &options->is_takeover, 0, 0, NULL,
       "do not wait for another host that may be alive: what it has not saved is lost"},
      {OPTION_FLAG, "skip-pending", "LUNOKHOD_SKIP_PENDING", &options->skips_pending, 0, 0, NULL,
       "drop what arrived while the bot was off"},
      {OPTION_FLAG, "watch", "LUNOKHOD_WATCH", &options->is_watching, 0, 0, NULL, "reload when a script changes on the disk"},
      {OPTION_FLAG, "allow-private-http", "LUNOKHOD_ALLOW_PRIVATE_HTTP", &options->may_reach_private, 0, 0, NULL,
       "scripts may ask services in this network"},
      {OPTION_TEXT, "allow-files", "LUNOKHOD_ALLOW_FILES", &options->allowed_files, 0, 0, "DIR",
       "scripts may send files of this directory, too"},
      {OPTION_FLAG, "unconfined", "LUNOKHOD_UNCONFINED", &run->is_unconfined, 0, 0, NULL,
       "without the kernel's walls around the host: see OPERATING"},
      {OPTION_NUMBER, "deadline", "LUNOKHOD_DEADLINE", &run->deadline_s, 1, 3600, "SECONDS", "a handler's wall time"},
      {OPTION_NUMBER, "memory", "LUNOKHOD_MEMORY", &run->memory_mb, 4, 65536, "MB", "the scripts' memory"},
      {OPTION_NUMBER, "inbox", "LUNOKHOD_INBOX", &run->inbox, 1, 100000, "N", "updates that may be unfinished at once"},
      {OPTION_NUMBER, "poll-timeout", "LUNOKHOD_POLL_TIMEOUT", &run->poll_s, 1, 50, "SECONDS", "of one long poll"},
  };
  memcpy(rows, list, sizeof list);
  return sizeof list / sizeof *list;
}

static size_t list_how_it_is_reached(struct run_options *run, struct option_row *rows) {
  struct host_options *options = &run->host;
  const struct option_row list[] = {
      {OPTION_TEXT, "listen", "LUNOKHOD_LISTEN", &options->listen, 0, 0, "ADDR:PORT",
       "serve /metrics, /healthz, /readyz and the webhook there; or unix:PATH"},
      {OPTION_TEXT, "webhook", "WEBHOOK_URL", &options->webhook_url, 0, 0, "URL",
       "Telegram sends updates there, instead of being polled; needs --listen"},
      {OPTION_NUMBER, "webhook-connections", "WEBHOOK_CONNECTIONS", &run->webhook_connections, 1, 100000, "N",
       "of Telegram to the webhook at once"},
      {OPTION_FLAG, "reply-in-webhook", "WEBHOOK_REPLY", &options->replies_in_webhook, 0, 0, NULL,
       "a handler's first reply is the answer to its update: see OPERATING"},
      {OPTION_TEXT, "tls-cert", "LUNOKHOD_TLS_CERT", &options->tls_certificate, 0, 0, "FILE",
       "HTTPS at --listen, by this certificate (PEM)"},
      {OPTION_TEXT, "tls-key", "LUNOKHOD_TLS_KEY", &options->tls_key, 0, 0, "FILE", "its key; SIGHUP reads both again"},
      {OPTION_TEXT, "control", "LUNOKHOD_CONTROL", &options->control_path, 0, 0, "PATH",
       "the socket for lunokhod status and the like; by itself in RUNTIME_DIRECTORY or XDG_RUNTIME_DIR"},
      {OPTION_NUMBER, "clock-ahead", "LUNOKHOD_CLOCK_AHEAD", &run->clock_ahead_s, -CLOCK_AHEAD_MAX_S, CLOCK_AHEAD_MAX_S,
       "SECONDS", "for development: dates and jobs so much later, and lunokhod dev may turn the clock"},
      {OPTION_TEXT, "record", "LUNOKHOD_RECORD", &run->record_path, 0, 0, "FILE", "what happens, for lunokhod replay"},
      {OPTION_FLAG, "record-texts", "LUNOKHOD_RECORD_TEXTS", &run->records_texts, 0, 0, NULL,
       "with what people write, their names, and the bot's data"},
      {OPTION_NUMBER, "record-limit", "LUNOKHOD_RECORD_LIMIT", &run->record_limit_mb, 1, 1 << 20, "MB", "of that file"},
      {OPTION_TEXT, "log-format", "LUNOKHOD_LOG_FORMAT", &run->log_format, 0, 0, "text|json", "for people or for machines"},
      {OPTION_TEXT, "log-level", "LUNOKHOD_LOG_LEVEL", &run->log_level, 0, 0, "LEVEL",
       "debug, info, warn or error; of modules, too: info,backup=debug"},
      {OPTION_CONFIG, "config", "LUNOKHOD_CONFIG", &run->config_file, 0, 0, "FILE", "settings, a line each: name = value"},
  };
  memcpy(rows, list, sizeof list);
  return sizeof list / sizeof *list;
}

bool run_options_read(struct run_options *run, int count, char **arguments, struct error *error) {
  struct host_options *options = &run->host;
  struct option_row rows[ROWS_MAX] = {0}; /* its last one stays OPTION_END */
  *run = defaults;
  size_t listed = list_what_the_bot_does(run, rows);
  listed += list_how_it_is_reached(run, rows + listed);
  assert(listed < ROWS_MAX);
  if (!options_read(rows, USAGE, &count, arguments, error)) return false;
  options->paths = (const char *const *)arguments + 1;
  options->path_count = (size_t)count;
  convert(run);
  return check_options(run, error);
}

bool run_options_set_up_log(struct run_options *run, const char *token, struct error *error) {
  bool is_json = strcmp(run->log_format, "json") == 0;
  if (!is_json && strcmp(run->log_format, "text") != 0) {
    return error_set(error, ERROR_MISUSE, "--log-format is text or json, not '%s'", run->log_format);
  }
  if (!log_levels_read(run->log_level, error)) return false;
  log_set_json(is_json);
  log_set_priorities(service_manager_has_journal());
  log_hide(token);
  return true;
}
