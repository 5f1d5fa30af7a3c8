/* The face of the recording: what arrives at a host and what the outside answers, as lines of JSON, from which `lunokhod
 * replay` plays the same again. Given to a host by its options; several hosts in a row may use one. The token is never in a
 * line, and texts and names only where that is asked for: else they are in disguise, see disguise.h. Nothing that fails here
 * harms the host. The loop's thread only.
 *
 * Each line is an object. `at` (ms since 1970) is when; the other members say what:
 *   recording   the begin of a host: `bot` (of getMe), `texts`, `seed`, `zone`, `admin`, `scripts`, `deadline`, and in `loaded`
 *               since when their jobs count
 *   database    the data at that moment, base64; only with texts
 *   update      as it has arrived
 *   begin, end  an update's id: its handler has begun, and ended, perhaps with an `error`; `lane` is its chat
 *   call        the number of a script's call, with `method` and `parameters`, and in `of` the update that it handles
 *   answer      the same number, with `status` and `body`, or an `error` with its `kind`
 *   http        a request to another service, with its `answer`
 *   failed      the error of a function that the scripts have scheduled
 *   reload      the scripts were loaded anew
 * Where words were drawn for it, a line says which in `replaced`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct database;
struct http_request;
struct json_t;
struct recorder;
struct script_observer;
struct transport;
struct transport_request;
struct updates_observer;

struct recorder_options { /* pointers are kept */
  /* Takes a whole line with its end. False: it can't, and is not asked again. */
  bool (*write)(const char *line, size_t size, void *data);
  void *data;
  const char *token; /* NULL: there is none to hide */
  const char *zone;  /* the machine's, as time_zone_read() takes it */
  bool has_texts;
};

struct recorder *recorder_open(const struct recorder_options *options); /* given: recorder_close() */
void recorder_close(struct recorder *recorder);                         /* after its hosts. NULL does no harm */

/* Is the call recorded, as one that a script has caused? What the host asks for itself (updates, backups) is not. */
bool recorder_wants(const struct transport_request *request);

/* How a line names the method of a request to another service: POST or GET where nobody has named one. */
const char *recorder_http_method(const struct http_request *request);

/* ---- what a host tells it. Each does nothing where recorder is NULL ---- */

struct recorded_host { /* pointers are kept until another one begins */
  struct clock *clock;
  const char *const *paths; /* of the scripts */
  size_t path_count;
  int64_t admin_id;     /* 0: there is none */
  unsigned deadline_ms; /* 0: the default */
};

/* Another host begins to record. me: getMe's result; database: with the data that the host begins with. */
void recorder_begin(struct recorder *recorder, const struct recorded_host *host, const struct json_t *me,
                    struct database *database, bool loads_again);
/* The scripts are about to be loaded for the first time: from now on their jobs count. Where they are loaded again,
 * recorder_begin() is told. */
void recorder_loading(struct recorder *recorder, const struct clock *clock);
void recorder_reloaded(struct recorder *recorder);

/* Puts itself in front of the transport, which it takes. */
void recorder_wrap(struct recorder *recorder, struct transport *transport);

uint64_t recorder_seed(const struct recorder *recorder); /* for struct script_options; 0: none */
/* Who tells it of updates, and of the scripts; NULL: nobody. Live as long as it. */
const struct updates_observer *recorder_of_updates(struct recorder *recorder);
const struct script_observer *recorder_of_scripts(struct recorder *recorder);
