/* The sharing of one inbox with other hosts, where the data is in PostgreSQL: what arrives becomes rows, what is handled is
 * taken from them, at a notification, at each beat of the roster, and when there is room again. Internal to the floor. */
#pragma once

struct error;
struct keeper;

struct sharing_owner {           /* with `data` */
  void (*kept)(void *data);      /* all that was added is in rows */
  void (*lost)(void *data);      /* nothing that was taken is this host's any more */
  void (*may_go_on)(void *data); /* it may poll, or there is room for more rows, again */
  void *data;
};

/* In the open segment. Given: its way's close(). NULL: ERROR_SYSTEM. */
struct keeper *sharing_open(const struct keeper *parts, const struct sharing_owner *owner, struct error *error);
