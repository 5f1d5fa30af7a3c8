/* libmicrohttpd, opened with the first server: a bot that polls has none. With GnuTLS, which it sets up as it is opened, it
 * would be a megabyte of every host. Any thread. Internal to the floor. */
#pragma once
#include <microhttpd.h>
#include <stdbool.h>

struct error;

/* Every function that is used: microhttpd->run is MHD_run. */
#define SERVER_LIBRARY_FUNCTIONS(each)                                                                                         \
  each(start_daemon) each(stop_daemon) each(run) each(get_timeout) each(get_daemon_info) each(get_connection_info)             \
      each(suspend_connection) each(resume_connection) each(lookup_connection_value) each(get_connection_values_n)             \
          each(create_response_from_buffer) each(create_response_from_callback) each(add_response_header) each(queue_response) \
              each(destroy_response)

struct server_library {
#define SERVER_LIBRARY_DECLARE(name) __typeof__(MHD_##name) *name;
  SERVER_LIBRARY_FUNCTIONS(SERVER_LIBRARY_DECLARE)
};

/* Borrowed, for the life of the process: NULL until server_library_open() has returned true. */
extern const struct server_library *microhttpd;

/* False: ERROR_SYSTEM, this machine has none. It may be tried again. */
bool server_library_open(struct error *error);
