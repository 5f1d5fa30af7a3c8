/* The control socket: lines of JSON in, lines of JSON out, for the operator's commands and the developer's page. Part of the
 * floor's face: operator.h includes it.
 *
 * A request is {"command": NAME, ...}. Its answer is any number of lines that hold what was asked for, then one
 * {"ok": true, ...} or {"ok": false, "error": TEXT}. A client waits for it before it asks again.
 *
 *   status                              {"ok":true,"status":{...}}
 *   reload                              when the scripts are loaded
 *   reload all                          of all hosts: {"host": NAME, "error": TEXT} each, where it failed or is not answered
 *   stop                                at once; the socket is there until the host has ended
 *   log    [follow]                     {"log": TEXT} a piece; with follow: until the client hangs up
 *   dead   action list|show|retry|drop  {"letter":{...}} each; [id]: one of them
 *   sql    sql                          {"columns":[...]}, {"row":[...]} each, on a copy of this moment
 *   backup                              when it is made
 *   clock  ahead_s                      turns the host's clock: so far ahead of the machine's, or behind it */
#pragma once
#include <stdbool.h>

struct backup;
struct clock;
struct control_socket;
struct database;
struct error;
struct loop;
struct reload;
struct script;
struct updates;

struct control_socket_options { /* pointers are kept until control_socket_close() */
  const char *path;
  struct loop *loop;
  struct clock *clock;
  struct script *script;
  struct updates *updates;
  struct backup *backup;
  struct database *database;
  struct reload *reload;
  bool may_turn_clock;
  void (*stop)(void *data);
  bool (*is_started)(void *data); /* is the data restored, and polled? */
  void *data;
};

/* Given: control_socket_close(). NULL: as line_server_open(). */
struct control_socket *control_socket_open(const struct control_socket_options *options, struct error *error);
void control_socket_keep(struct control_socket *control); /* as line_server_keep(). NULL does no harm, nor does it below */
void control_socket_close(struct control_socket *control);
