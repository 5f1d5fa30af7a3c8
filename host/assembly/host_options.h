/* What a host is made of and from: all that differs between `run`, `test` and `backup`. Part of the floor's face: assembly.h
 * includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct error;
struct http_answer;
struct http_request;
struct keyring;
struct loop;
struct recorder;
struct transport;

enum host_outcome {
  HOST_STOPPED,    /* as it was asked to */
  HOST_FAILED,     /* it could not start, or not go on, or the last backup failed */
  HOST_UNREADABLE, /* the backup exists but can't be read */
  HOST_FENCED,     /* another host has taken over, and serves */
  HOST_VACANT,     /* another host has taken over, and does not serve: open and start a new one, without is_fresh */
};

struct host_options { /* pointers are kept until host_close() */
  struct loop *loop;
  struct clock *clock;

  /* The way to Telegram: a transport, which is taken; or NULL: HTTP, with these two. Signatures are checked by the token. */
  const struct transport *transport;
  const char *api_root, *token;
  const char *ca_file, *server_files; /* as of http_trust() and struct transport; or NULL */

  /* Answers http.get() of the scripts at once, in its place; NULL: HTTP. */
  void (*serve)(const struct http_request *request, struct http_answer *answer, void *data);
  bool may_reach_private; /* HTTP: to addresses that are not public, too */

  struct recorder *recorder; /* of all that follows; NULL: none */
  uint64_t random_seed;      /* as of struct script_options, where there is no recorder */

  /* The scripts: files and directories. None: only Telegram, the database and its backup are opened, and host_start(),
   * host_reload() and host_revive_dead() must not be called. */
  const char *const *paths;
  size_t path_count;
  const char *allowed_files;             /* see script.h; or NULL */
  bool is_watching;                      /* they are reloaded when they change on the disk */
  size_t memory_ceiling;                 /* bytes of the scripts; 0: the default, like the next three */
  unsigned deadline_ms;                  /* wall time of a handler */
  size_t inbox_capacity;                 /* updates that may be unfinished at once */
  unsigned poll_seconds;                 /* of one long poll */
  bool skips_pending;                    /* drop what has arrived while no host was running */
  const char *listen;                    /* where HTTP is served: "ADDRESS:PORT" or "unix:PATH"; NULL: nowhere */
  const char *tls_certificate, *tls_key; /* files, for HTTPS there; NULL: plain HTTP */
  const char *webhook_url;               /* updates come there, by listen; NULL: they are polled */
  unsigned webhook_connections;          /* of Telegram at once */
  bool replies_in_webhook;               /* as of webhook_options */
  bool is_durable;                       /* confirm updates only when a backup has them; needs an admin */
  const char *control_path; /* of the socket on which the operator's commands come, see operator/control_socket.h; NULL: none */
  bool is_control_needed;   /* host_open() fails without it */
  bool may_turn_clock;      /* by such a command; clock is the loop's */

  /* The data: in a database of its own, which is PostgreSQL; then there are no backups. */
  const char *database_url;    /* NULL: there is none, and the data is in memory */
  const char *database_schema; /* see database_open_postgres(); or NULL */

  /* Or the admin's last backup; where there is none, an image with its inbox (borrowed until host_open() returns). */
  int64_t admin_id;           /* 0: there is no admin, and so no backup */
  bool has_no_backup;         /* though there is one */
  int64_t config_id;          /* the backup's message, if it can't be found by itself; 0: none */
  int64_t interval_ms;        /* between two backups; 0: the default */
  struct keyring *keys;       /* backups are encrypted, see backup/keyring.h; NULL: they are not */
  bool tells_changes;         /* the log tells what each has changed */
  const char *copy_directory; /* each day's first backup goes there, too. NULL: nowhere */
  int64_t copy_chat_id;       /* and to that chat; 0: to none */
  int64_t keep_days;          /* as of backup_options; 0: copies stay */
  bool is_fresh;              /* start empty though there is a backup */
  bool is_takeover;           /* do not wait for another host that may be alive */
  const void *image;          /* NULL: none */
  int64_t database_ceiling;   /* bytes, fewer than a backup can carry; 0: as many */
  size_t image_size;

  /* Called from the loop, with data, which is for serve, too. All but `ended` may be NULL. */
  void (*started)(void *data);                        /* the data is restored, and updates are polled */
  bool (*reloading)(struct error *error, void *data); /* before each reload of the scripts; false: as of reload_options */
  void (*told)(const char *status, void *data);       /* what the host does now, such as what it waits for; borrowed */
  void (*ended)(enum host_outcome outcome, const struct error *error, void *data); /* once: time for host_close() */
  void (*progress)(size_t done, size_t all, void *data);                           /* of a transfer, see backup.h */
  void *data;
};
