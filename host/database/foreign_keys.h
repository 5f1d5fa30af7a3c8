/* Foreign keys while scripts load. A top level may rebuild a table that others refer to: with the keys enforced, DROP TABLE
 * would delete or change the rows that refer to it. So they are not enforced until the load commits, and checked before it
 * does. Part of the floor's face: database.h includes it. */
#pragma once
#include <stdbool.h>

struct database;
struct error;

/* From now on foreign keys are not enforced. No segment may be open. False (ERROR_MEMORY, ERROR_SYSTEM): they still are. */
bool database_suspend_foreign_keys(struct database *database, struct error *error);

/* Does every row of the open segment have the rows that it refers to? What was broken already when the keys were suspended may
 * stay so. False: ERROR_INPUT names a table and a row that is broken now; ERROR_MEMORY, ERROR_SYSTEM. */
bool database_check_foreign_keys(struct database *database, struct error *error);

/* They are enforced again. No segment may be open. Without a suspension, does nothing. */
void database_resume_foreign_keys(struct database *database);
