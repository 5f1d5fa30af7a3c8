/* The admin in the chat with the backups: writes, pins what is his own, asks for a backup, goes back to an earlier one. And
 * days that pass, which bring new messages, bases and copies: the clocks jump, since a day of waiting shows nothing else. */
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

enum { DAY_MS = 24 * 3600 * 1000 };

/* True: it was done. A message that he means may be gone. */
static bool ask(struct world *world, const char *method, const char *path, const char *json, struct buffer *answer) {
  struct sandbox_question question = {.method = method, .path = path, .json = json};
  struct error error = {0};
  return sandbox_control(world->sandbox, &question, answer, &error);
}

static void write_text(struct world *world, const char *text, long long reply_to) {
  char json[200];
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d,\"text\":\"%s\",\"reply_to_message_id\":%lld}", ADMIN_ID, text, reply_to);
  (void)world_control(world, "POST", "messages", json, NULL);
}

/* The newest pin is what bots are shown. */
static void pin(struct world *world) {
  char json[100];
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d,\"text\":\"mine\"}", ADMIN_ID);
  long long id = (long long)world_control(world, "POST", "messages", json, "\"message_id\":");
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d,\"message_id\":%lld}", ADMIN_ID, id);
  world_tell(world, 0, "the admin pins a message of his own");
  (void)world_control(world, "POST", "pins", json, NULL);
}

/* An update that waits at Telegram for a day is dropped there. */
static void pass_day(struct world *world) {
  int64_t ms = DAY_MS + dice_skewed(&world->dice, 0, DAY_MS);
  if (world_control(world, "GET", "status", "{}", "\"updates_pending\":")) return;
  world_tell(world, 0, "a day passes");
  clock_jump(world->clock, ms);
  for (int i = 0; i < world->options.machines; i++) {
    if (world->machines[i].loop) clock_jump(world->machines[i].clock, ms);
  }
}

/* ---- /restore ---- */

static void remember_backups(struct world *world) {
  for (int i = 0; i < world->options.machines; i++) {
    struct backup_status status;
    if (!machine_is_running(&world->machines[i])) continue;
    backup_status(host_backup(world->machines[i].host), &status);
    if (status.message_id) world->backups[world->backup_count++ % BACKUPS_KNOWN] = status.message_id;
  }
}

static void ask_to_restore(struct world *world) {
  if (!world->backup_count) return;
  size_t count = world->backup_count < BACKUPS_KNOWN ? world->backup_count : BACKUPS_KNOWN;
  long long id = world->backups[dice_between(&world->dice, 0, (int64_t)count - 1)];
  world_tell(world, 0, "the admin asks for /restore");
  write_text(world, "/restore", id);
}

/* The button that was sent last. Its data names the backup, a message of the bot's like the one that has the button. */
static void press_button(struct world *world) {
  static const char mark[] = "lunokhod:restore:";
  char json[200], data[64] = "";
  struct buffer answer;
  buffer_init(&answer, 1 << 24);
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d}", ADMIN_ID);
  if (ask(world, "GET", "messages", json, &answer)) {
    const char *last = NULL;
    for (const char *at = answer.data; at && (at = strstr(at, mark)); at++) last = at;
    if (last) (void)snprintf(data, sizeof data, "%.*s", (int)strcspn(last, "\""), last);
  }
  buffer_release(&answer);
  if (!data[0]) return;
  (void)snprintf(json, sizeof json, "{\"chat_id\":%d,\"message_id\":%lld,\"data\":\"%s\"}", ADMIN_ID,
                 strtoll(data + sizeof mark - 1, NULL, 10), data);
  buffer_init(&answer, 1 << 20);
  if (ask(world, "POST", "callbacks", json, &answer)) world_tell(world, 0, "the admin presses the button");
  buffer_release(&answer);
}

/* ---- what he does ---- */

static void on_admin(void *data) {
  struct actor *admin = data;
  struct world *world = admin->world;
  clock_start(world->clock, &admin->timer, dice_skewed(&world->dice, 500, world->admin_ms), on_admin, admin);
  remember_backups(world);
  switch (dice_between(&world->dice, 0, 6)) {
    case 0: pin(world); break;
    case 1: write_text(world, "/backup", 0); break;
    case 2: write_text(world, "admin", 0); break;
    case 3: pass_day(world); break;
    case 4: ask_to_restore(world); break;
    default: press_button(world); break;
  }
}

void admin_begin(struct world *world) {
  world->admin = (struct actor){.world = world};
  if (world->admin_ms) clock_start(world->clock, &world->admin.timer, world->admin_ms / 4, on_admin, &world->admin);
}

void admin_end(struct world *world) { clock_stop(world->clock, &world->admin.timer); }
