/* What is in the admin's chat, told without fetching more than the last document. Internal to the floor. */
#pragma once
#include "backup/backup.h"

struct ledger;
struct look;

/* ledger is kept; of a backup that is there it learns message and manifest. done comes once, from the loop, unless cancelled.
 */
struct look *look_start(struct ledger *ledger, backup_look_done done, void *data);
void look_cancel(struct look *look);
