/* What both ways of arrival, polling and the receiver of a webhook, ask of the floor: how updates are taken in, and when
 * Telegram may be told so. updates.c is behind it. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct error;

enum intake_result {
  INTAKE_TAKEN,
  INTAKE_PASSED, /* it has no id that could be read: nothing more can be done with it */
  INTAKE_LATER,  /* it can't be taken now, and must come again */
};

struct arrival { /* one update */
  const char *json;
  size_t size;   /* of the update */
  bool has_more; /* not before it is taken: until then of a text that only begins with it */
  uint64_t batch;
  int64_t id; /* set when it is taken */
};

struct intake {                /* with `data` */
  size_t (*room)(void *data);  /* how many updates may come now */
  bool (*is_busy)(void *data); /* enough is in hand to keep the processor busy, unless Telegram is slow */

  /* INTAKE_TAKEN: its id is set. Else *error says why not; ERROR_NONE: the text has no end. */
  enum intake_result (*take)(struct arrival *arrival, struct error *error, void *data);
  void (*taken)(uint64_t batch, size_t count, void *data);       /* a whole batch is in the inbox: work on it */
  void (*confirmed)(uint64_t batch, int64_t offset, void *data); /* Telegram has forgotten it and all before */
  bool (*may_confirm)(uint64_t batch, void *data);               /* would it survive the host? */
  bool (*may_poll)(void *data);                                  /* or does another host of this bot? */
  void *data;
  bool is_durable; /* may_confirm() may say no for a while */
};

/* Logs an update that was passed over, at most once a minute. *told_ticks: 0 at first. */
void intake_tell_passed(struct clock *clock, int64_t *told_ticks, const char *text, size_t size, const struct error *error);
