/* The lines of a recording, while they are made. Internal to the floor. */
#pragma once
#include <stdint.h>

struct json_t;
struct recorder;

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
