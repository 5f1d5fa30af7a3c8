/* Gives back the pages that deleted rows have left. SQLite keeps them for new rows, so the database, its backups and the memory
 * of the process would stay as large as they have ever been. From the loop, between two segments. Part of the floor's face:
 * database.h includes it. */
#pragma once

struct clock;
struct database;
struct shrinking;

/* Looks now and then. database and clock are kept. Given: shrink_close(). */
struct shrinking *shrink_open(struct database *database, struct clock *clock);
void shrink_close(struct shrinking *shrinking); /* NULL does no harm */
