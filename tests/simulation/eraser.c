/* The admin deletes the bot's documents by hand: the message of the backup, a part of its base, a copy of an earlier day. The
 * host makes new ones. Until then its machine is spared, and no other is switched on: nobody could give back what was only in
 * that message and in that host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assembly/assembly.h"
#include "backup/backup.h"
#include "common/buffer.h"
#include "common/error.h"
#include "record.h"
#include "sandbox/sandbox.h"
#include "world_state.h"

enum { NOTICED_MS = 15 * 60000 }; /* the calls that it takes may all be slow, or lost, or have a pause */

static void erase(struct world *world, int64_t message_id, const char *what) {
  char json[100];
  struct buffer answer;
  struct error error = {0};
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d,\"message_id\":%lld,\"delete\":true}", ADMIN_ID, (long long)message_id);
  struct sandbox_question question = {.method = "POST", .path = "forget", .json = json};
  world_tell(world, 0, what);
  buffer_init(&answer, 1 << 20);
  (void)sandbox_control(world->sandbox, &question, &answer, &error); /* it may be gone */
  buffer_release(&answer);
}

/* The one machine that is on, where its host serves and no other can take over, however late; NULL: there is none. */
static struct machine *find_only(struct world *world) {
  struct machine *only = NULL;
  for (int i = 0; i < world->options.machines; i++) {
    struct machine *machine = &world->machines[i];
    if (!machine->loop) continue;
    if (only || machine->has_ended || !machine->is_started || machine->is_stopping || machine->is_frozen) return NULL;
    only = machine;
  }
  if (!only || world->terminal.loop || network_has_others(world->network, only)) return NULL;
  return record_is_dethroned(world->record, only) ? NULL : only;
}

static void erase_backup(struct world *world, struct machine *machine) {
  struct backup_status status;
  backup_status(host_backup(machine->host), &status);
  if (!status.message_id || status.is_fenced || !status.saved_at) return;
  erase(world, status.message_id, "the admin deletes the backup");
  world->spared = machine;
  world->spared_since = clock_ticks(world->clock);
  record_erased(world->record, machine, status.message_id);
}

static void erase_copy(struct world *world, const struct machine *machine) {
  struct backup_copy copies[BACKUP_COPIES_MAX];
  size_t count = backup_copies(host_backup(machine->host), copies);
  if (!count) return;
  size_t chosen = (size_t)dice_between(&world->eraser_dice, 0, (int64_t)count - 1);
  erase(world, copies[chosen].message_id, "the admin deletes a copy");
}

/* Any of those that the chat has, the newest more likely. */
static void erase_part(struct world *world) {
  static const char mark[] = "lunokhod-base-", id_mark[] = "\"message_id\":";
  char json[60];
  struct buffer answer;
  struct error error = {0};
  long long chosen = 0, last = 0;
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d}", ADMIN_ID);
  struct sandbox_question question = {.method = "GET", .path = "messages", .json = json};
  buffer_init(&answer, 1 << 24);
  if (!sandbox_control(world->sandbox, &question, &answer, &error)) abort(); /* a question of ours */
  for (const char *at = answer.data; at && *at; at++) {
    if (strncmp(at, id_mark, sizeof id_mark - 1) == 0) last = strtoll(at + sizeof id_mark - 1, NULL, 10);
    if (strncmp(at, mark, sizeof mark - 1) == 0 && (!chosen || dice_falls(&world->eraser_dice, 500))) chosen = last;
  }
  buffer_release(&answer);
  if (chosen) erase(world, chosen, "the admin deletes a part of a base");
}

static void on_eraser(void *data) {
  struct actor *eraser = data;
  struct world *world = eraser->world;
  clock_start(world->clock, &eraser->timer, dice_skewed(&world->eraser_dice, 500, world->eraser_ms), on_eraser, eraser);
  struct machine *machine = find_only(world);
  if (!machine || world->spared) return;
  switch (dice_between(&world->eraser_dice, 0, 3)) {
    case 0: erase_part(world); break;
    case 1: erase_copy(world, machine); break;
    default: erase_backup(world, machine); break;
  }
}

/* A new message has been made, or that is late. */
void eraser_look(struct world *world) {
  struct backup_status status;
  struct machine *machine = world->spared;
  if (!machine) return;
  if (machine_is_running(machine)) {
    backup_status(host_backup(machine->host), &status);
    bool is_late = clock_ticks(world->clock) - world->spared_since > NOTICED_MS;
    if (record_is_erased(world->record, machine, status.message_id) && !is_late) return;
    if (is_late) record_break(world->record, "machine %d makes no new backup for the one that was deleted", machine->number);
  }
  world_tell(world, machine->number, "no longer spared");
  world->spared = NULL;
}

void eraser_begin(struct world *world) {
  world->eraser = (struct actor){.world = world};
  if (world->eraser_ms) clock_start(world->clock, &world->eraser.timer, world->eraser_ms / 2, on_eraser, &world->eraser);
}

void eraser_end(struct world *world) { clock_stop(world->clock, &world->eraser.timer); }
