/* A Unix socket on which other programs of this machine write lines and read lines. Only the user that runs this one may
 * connect. The loop's thread only. Knows nothing of what the lines mean. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct line_client;
struct line_server;
struct loop;

struct line_server_options { /* kept until line_server_close() */
  const char *path;
  /* A line without its end (borrowed), which is at most 1 MiB. */
  void (*taken)(struct line_client *client, const char *line, size_t size, void *data);
  void (*gone)(struct line_client *client, void *data); /* once for each: from the loop, or from line_server_close() */
  void *data;
};

/* The path becomes this server's: a socket that another program left there, or still listens on, is replaced. Does not keep
 * loop_run() going. Given: line_server_close(). NULL: ERROR_MISUSE (the path is too long, or no socket), ERROR_SYSTEM. */
struct line_server *line_server_open(struct loop *loop, const struct line_server_options *options, struct error *error);
void line_server_keep(struct line_server *server);  /* until then, closing it gives a replaced socket the path back */
void line_server_close(struct line_server *server); /* takes the path away, if it is still ours. NULL does no harm */

/* Sends bytes (copied), which hold whole lines. Where the client does not read, and too much waits already, it is closed. */
void line_client_send(struct line_client *client, const char *bytes, size_t size);
void line_client_close(struct line_client *client); /* after what was sent has gone out; `gone` follows from the loop */

/* What the owner keeps beside a client; NULL at first. */
void line_client_set_data(struct line_client *client, void *data);
void *line_client_data(const struct line_client *client);
