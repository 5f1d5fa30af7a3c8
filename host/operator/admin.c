#define _GNU_SOURCE /* memmem */
/* The host's own commands in private chats. Everything else goes to the scripts, the admin's other messages too.
 *   admin     (anybody) answers with the id of the person; the admin also gets a backup, and its message id
 *   /backup   (admin) makes a backup now, and says how large it is
 *   /restore  (admin, as a reply to a backup) goes back to that backup, after a button has been pressed
 *   /history  (admin) lists the backups of earlier days, each with a button for the same
 *   /status   (admin) how the host is
 *   /errors   (admin) the dead letters, with buttons to hand them out again and to drop them
 *   /reload   (admin) loads the scripts anew
 * What changes something waits for the next turn of the loop: an update comes while others are being taken in. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <utlist.h>

#include "backup/backup.h"
#include "common/clock.h"
#include "common/memory.h"
#include "database/database.h"
#include "operator/operator.h"
#include "operator/overview.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

static const char RESTORE_DATA[] = "lunokhod:restore:";

/* What is done in the next turn of the loop. */
struct errand {
  void (*act)(struct admin *admin, const struct errand *errand);
  int64_t letter; /* 0: all */
  char *query_id; /* of the press that asked for it; ours. NULL: none */
  struct errand *next;
};

struct admin {
  struct admin_options options;
  char id_digits[24]; /* of the admin, as JSON writes it */
  struct notices *notices;
  char restore_data[64]; /* of the button that may be pressed now, once; "": none */
  /* of the buttons of the newest list; "": there is none */
  char letters_key[OVERVIEW_KEY_SIZE], history_key[OVERVIEW_KEY_SIZE];
  int64_t started_at; /* ms since 1970 */
  struct errand *errands;
  struct clock_timer turn; /* until they are done */
};

static void errand_free(struct admin *admin, struct errand *errand) {
  LL_DELETE(admin->errands, errand);
  free(errand->query_id);
  free(errand);
}

struct admin *admin_open(const struct admin_options *options) {
  struct admin *admin = memory_new(sizeof *admin);
  admin->options = *options;
  (void)snprintf(admin->id_digits, sizeof admin->id_digits, "%lld", (long long)options->admin_id);
  admin->notices = notices_open(options->telegram);
  admin->started_at = clock_now(options->clock);
  return admin;
}

void admin_close(struct admin *admin) {
  if (!admin) return;
  clock_stop(admin->options.clock, &admin->turn);
  while (admin->errands) errand_free(admin, admin->errands);
  notices_close(admin->notices);
  free(admin);
}

void admin_tell(struct admin *admin, const char *text) {
  if (admin->options.admin_id) notices_send(admin->notices, admin->options.admin_id, text, NULL);
}

/* ---- admin ---- */

static void on_first_saved(const struct error *error, void *data) {
  struct admin *admin = data;
  struct backup_status status;
  char text[sizeof error->text + 100];
  backup_status(admin->options.backup, &status);
  if (error->kind) {
    (void)snprintf(text, sizeof text, "The backup could not be made: %s", error->text);
  } else {
    (void)snprintf(text, sizeof text, "config_id = %lld", (long long)status.message_id);
  }
  admin_tell(admin, text);
}

/* Nobody can guess it, so no button that a script was made to send does the same. */
static bool make_key(struct admin *admin, char key[static OVERVIEW_KEY_SIZE]) {
  unsigned long long number;
  bool ok = getrandom(&number, sizeof number, GRND_NONBLOCK) == sizeof number;
  if (ok) (void)snprintf(key, OVERVIEW_KEY_SIZE, "%016llx", number);
  if (!ok) admin_tell(admin, "This machine has no random numbers now; try again.");
  return ok;
}

static void answer_admin(struct admin *admin, int64_t person_id) {
  char text[100];
  (void)snprintf(text, sizeof text, "admin_id = %lld", (long long)person_id);
  notices_send(admin->notices, person_id, text, NULL);
  if (person_id == admin->options.admin_id) backup_save(admin->options.backup, on_first_saved, admin);
}

/* ---- /backup ---- */

static void on_saved(const struct error *error, void *data) {
  struct admin *admin = data;
  struct backup_status status;
  char text[sizeof error->text + 200];
  backup_status(admin->options.backup, &status);
  if (error->kind) {
    (void)snprintf(text, sizeof text, "Not saved: %s", error->text);
  } else {
    (void)snprintf(text, sizeof text, "Saved in message %lld: the database has %.1f kB, this backup %.1f kB, its base %.1f kB.",
                   (long long)status.message_id, (double)status.image_size / 1000, (double)status.archive_size / 1000,
                   (double)status.base_size / 1000);
  }
  admin_tell(admin, text);
}

static void take_backup(struct admin *admin, const json_t *message) {
  (void)message;
  backup_save(admin->options.backup, on_saved, admin);
}

/* ---- /restore ---- */

static void ask_to_confirm(struct admin *admin, int64_t message_id) {
  char markup[200], key[OVERVIEW_KEY_SIZE];
  if (!make_key(admin, key)) return;
  (void)snprintf(admin->restore_data, sizeof admin->restore_data, "%s%lld:%s", RESTORE_DATA, (long long)message_id, key);
  (void)snprintf(markup, sizeof markup, "{\"inline_keyboard\":[[{\"text\":\"Go back to it\",\"callback_data\":\"%s\"}]]}",
                 admin->restore_data);
  notices_send(
      admin->notices, admin->options.admin_id,
      "Go back to that backup? What the bots know now is saved first, in a message of its own, so that you can return to it.",
      markup);
}

static void take_restore(struct admin *admin, const json_t *message) {
  if (database_waits(admin->options.database)) {
    admin_tell(admin, "There is no backup to go back to: the data is in PostgreSQL.");
    return;
  }
  const json_t *original = json_object_get(message, "reply_to_message");
  int64_t message_id = json_integer_value(json_object_get(original, "message_id"));
  if (message_id && json_object_get(original, "document")) {
    ask_to_confirm(admin, message_id);
  } else {
    admin_tell(admin, "Reply with /restore to the backup document that you want to go back to; /history lists earlier ones.");
  }
}

/* ---- /status, /errors, /history, /reload ---- */

static void show(struct admin *admin, struct overview overview) {
  if (overview.text) notices_send(admin->notices, admin->options.admin_id, overview.text, overview.keyboard);
  overview_free(&overview);
}

static void show_status(struct admin *admin, const json_t *message) {
  (void)message;
  show(admin, overview_status(&admin->options, admin->started_at));
}

static void show_letters(struct admin *admin, const json_t *message) {
  (void)message;
  if (make_key(admin, admin->letters_key)) show(admin, overview_letters(&admin->options, admin->letters_key));
}

static void show_history(struct admin *admin, const json_t *message) {
  (void)message;
  if (make_key(admin, admin->history_key)) show(admin, overview_history(&admin->options, admin->history_key));
}

static void on_turn(void *data) {
  struct admin *admin = data;
  while (admin->errands) {
    admin->errands->act(admin, admin->errands);
    errand_free(admin, admin->errands);
  }
}

static void add_errand(struct admin *admin, void (*act)(struct admin *admin, const struct errand *errand), int64_t letter,
                       const char *query_id) {
  struct errand *errand = memory_new(sizeof *errand);
  *errand = (struct errand){.act = act, .letter = letter, .query_id = query_id ? memory_copy_text(query_id) : NULL};
  LL_APPEND(admin->errands, errand);
  clock_start(admin->options.clock, &admin->turn, 0, on_turn, admin);
}

static void do_reload(struct admin *admin, const struct errand *errand) {
  (void)errand;
  char text[60];
  if (!admin->options.reload(admin->options.data)) return;
  (void)snprintf(text, sizeof text, "Reloaded: %zu files.", script_file_count(admin->options.script));
  admin_tell(admin, text);
}

static void take_reload(struct admin *admin, const json_t *message) {
  (void)message;
  add_errand(admin, do_reload, 0, NULL);
}

/* What a button has done is told for a moment where it stands. */
static void answer(struct admin *admin, const struct errand *errand, const char *done, const struct error *error) {
  const char *text = error->kind ? error->text : done;
  if (errand->query_id) notices_answer_press(admin->notices, errand->query_id, text);
}

static void do_again(struct admin *admin, const struct errand *errand) {
  struct error error = {0};
  size_t count = 0;
  (void)updates_revive_dead(admin->options.updates, errand->letter, &count, &error); /* the answer has the error */
  answer(admin, errand, count ? "Handed out again." : "It is not there any more.", &error);
}

static void do_drop(struct admin *admin, const struct errand *errand) {
  struct error error = {0};
  (void)dead_letter_drop(admin->options.database, errand->letter, &error); /* likewise */
  answer(admin, errand, "Dropped.", &error);
}

/* ---- updates ---- */

static const struct {
  const char *text;
  void (*take)(struct admin *admin, const json_t *message);
} commands[] = {{"/backup", take_backup}, {"/restore", take_restore}, {"/history", show_history},
                {"/status", show_status}, {"/errors", show_letters},  {"/reload", take_reload}};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static bool take_message(struct admin *admin, const json_t *message) {
  const char *text = json_string_value(json_object_get(message, "text"));
  const char *type = json_string_value(json_object_get(json_object_get(message, "chat"), "type"));
  int64_t person_id = json_integer_value(json_object_get(json_object_get(message, "from"), "id"));
  if (!text || !type || strcmp(type, "private") != 0) return false;
  bool is_admin = person_id == admin->options.admin_id;
  if (strcmp(text, "admin") == 0) {
    answer_admin(admin, person_id);
    return true;
  }
  for (int i = 0; is_admin && i < COMMAND_COUNT; i++) {
    if (strcmp(text, commands[i].text) != 0) continue;
    commands[i].take(admin, message);
    return true;
  }
  return false;
}

static bool begins(const char *data, const char *word) { return strncmp(data, word, strlen(word)) == 0; }

/* The number of a button, behind its word; false: the key behind that is not this one. */
static bool read_number(const char *data, const char *word, const char *key, int64_t *number) {
  char *end;
  *number = strtoll(data + strlen(word), &end, 10);
  return key[0] && end[0] == ':' && strcmp(end + 1, key) == 0;
}

static void take_list_press(struct admin *admin, const char *data, const char *query_id) {
  bool is_back = begins(data, OVERVIEW_BACK), is_again = begins(data, OVERVIEW_AGAIN);
  const char *word = is_back ? OVERVIEW_BACK : is_again ? OVERVIEW_AGAIN : OVERVIEW_DROP;
  const char *key = is_back ? admin->history_key : admin->letters_key;
  int64_t number;
  if (!read_number(data, word, key, &number)) {
    notices_answer_press(
        admin->notices, query_id,
        is_back ? "That list is over: /history makes a new one." : "That list is over: /errors makes a new one.");
  } else if (is_back) {
    notices_answer_press(admin->notices, query_id, NULL);
    ask_to_confirm(admin, number);
  } else {
    add_errand(admin, is_again ? do_again : do_drop, number, query_id);
  }
}

static void take_restore_press(struct admin *admin, const char *data, const char *query_id) {
  notices_answer_press(admin->notices, query_id, NULL);
  if (strcmp(data, admin->restore_data) != 0) {
    admin_tell(admin, "That button is over. Reply with /restore to the backup once more.");
    return;
  }
  int64_t message_id = strtoll(data + sizeof RESTORE_DATA - 1, NULL, 10);
  admin->restore_data[0] = '\0';
  admin->options.restore(message_id, admin->options.data);
}

static bool take_press(struct admin *admin, const json_t *query) {
  const char *data = json_string_value(json_object_get(query, "data"));
  const json_t *chat = json_object_get(json_object_get(query, "message"), "chat");
  int64_t person_id = json_integer_value(json_object_get(json_object_get(query, "from"), "id"));
  int64_t chat_id = json_integer_value(json_object_get(chat, "id")); /* of a private chat: the person's */
  const char *query_id = json_string_value(json_object_get(query, "id"));
  if (!data || !query_id || person_id != admin->options.admin_id) return false;
  bool is_list = begins(data, OVERVIEW_AGAIN) || begins(data, OVERVIEW_DROP) || begins(data, OVERVIEW_BACK);
  if (!is_list && !begins(data, RESTORE_DATA)) return false;
  if (chat_id != person_id) {
    notices_answer_press(admin->notices, query_id, NULL); /* somebody has forwarded it */
  } else if (is_list) {
    take_list_press(admin, data, query_id);
  } else {
    take_restore_press(admin, data, query_id);
  }
  return true;
}

/* The text is searched before it is parsed, because nearly every update is for the scripts: what only the admin may ask for
 * carries his id. memmem() takes two or three times as long, and JSON has no NUL within. */
static bool may_be_ours(const struct admin *admin, const char *json) {
  if (strstr(json, "\"admin\"")) return true;
  return admin->options.admin_id && strstr(json, admin->id_digits);
}

bool admin_take(struct admin *admin, const char *json, size_t size) {
  if (!may_be_ours(admin, json)) return false;
  json_t *update = json_loadb(json, size, 0, NULL);
  const json_t *message = json_object_get(update, "message"), *query = json_object_get(update, "callback_query");
  bool is_taken = message ? take_message(admin, message) : query && take_press(admin, query);
  json_decref(update);
  return is_taken;
}
