/* A survey: what backups are in the admin's chat, without fetching more than the last document. Internal to the floor. */
#pragma once
#include "backup/backup.h"

struct backup_state;
struct survey;

/* state is kept. done comes once, from the loop, unless cancelled. */
struct survey *survey_start(struct backup_state *state, backup_survey_done done, void *data);
void survey_cancel(struct survey *survey);
