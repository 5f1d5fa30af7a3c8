/* Does SQL that runs on the built-in database run on PostgreSQL, too? By the rules of the dialect; and, with a server's
 * address, by asking it, where the tables stand in a schema that is never committed. For a command that does nothing else: it
 * waits. Part of the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct database;
struct error;
struct portability;

/* database is kept: the scripts have made their tables in it. url: of a server, borrowed; NULL: none is asked. Given:
 * portability_close(). NULL: ERROR_MISUSE, ERROR_NETWORK, ERROR_SYSTEM, ERROR_REFUSED. */
struct portability *portability_open(struct database *database, const char *url, struct error *error);
void portability_close(struct portability *portability); /* NULL does no harm */

/* The first statement of sql, a script's; *rest becomes what follows it. True: it runs there, or is wrong here already. False:
 * *error says why not. */
bool portability_check(struct portability *portability, const char *sql, size_t size, const char **rest, struct error *error);

/* Tells why tables, indices and views of the database can't be there, which no statement that was checked has made. */
void portability_tell_rest(struct portability *portability, void (*tell)(const char *text, void *data), void *data);
