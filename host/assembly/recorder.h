/* What arrives at a host and what the outside answers, as lines of JSON, from which `lunokhod replay` plays the same again.
 * Part of the floor's face: assembly.h includes it. Given to a host by its options; several hosts in a row may use one. The
 * token is never in a line, and texts and names only where that is asked for: else they are in disguise, see disguise.h.
 * Nothing that fails here harms the host. The loop's thread only.
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

struct http_request;
struct recorder;
struct transport_request;

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
