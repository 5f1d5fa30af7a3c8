/* How a host tells its recorder. Internal to the floor. Each function does nothing where recorder is NULL. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "assembly/recorder.h"

struct database;
struct host_options;
struct json_t;
struct script_observer;
struct transport;
struct updates_observer;

/* Another host begins to record. me: getMe's result; database: with the data that the host begins with. */
void recorder_begin(struct recorder *recorder, const struct host_options *options, const struct json_t *me,
                    struct database *database, bool loads_again);
/* The scripts are about to be loaded for the first time: from now on their jobs count. Where they are loaded again,
 * recorder_begin() is told. */
void recorder_loading(struct recorder *recorder, const struct host_options *options);
void recorder_reloaded(struct recorder *recorder, const struct host_options *options);

/* Puts itself in front of the transport, which it takes. */
void recorder_wrap(struct recorder *recorder, struct transport *transport);

uint64_t recorder_seed(const struct recorder *recorder); /* for struct script_options; 0: none */
/* Who tells it of updates, and of the scripts; NULL: nobody. Live as long as it. */
const struct updates_observer *recorder_of_updates(struct recorder *recorder);
const struct script_observer *recorder_of_scripts(struct recorder *recorder);

/* ---- for recorded_transport.c ---- */

uint64_t recorder_next_call(struct recorder *recorder); /* from 1 */

/* A line that is being made; NULL: nothing is recorded. */
struct json_t *recorder_new_line(struct recorder *recorder);
/* Adds it in disguise, where that is wanted. The value is taken; NULL does no harm. */
enum recorded_what { RECORDED_UPDATE, RECORDED_CALL, RECORDED_OTHER };
void recorder_add(struct recorder *recorder, struct json_t *line, const char *name, enum recorded_what what,
                  struct json_t *value);
void recorder_add_error(struct recorder *recorder, struct json_t *line, const char *text);
void recorder_add_cause(struct recorder *recorder, struct json_t *line, const void *asker); /* which update it handles */
void recorder_write(struct recorder *recorder, struct json_t *line);                        /* taken */
