#define _GNU_SOURCE /* memmem */
/* The host's own commands in private chats. Everything else goes to the scripts, the admin's other messages too.
 *   admin     (anybody) answers with the id of the person; the admin also gets a backup, and its message id
 *   /backup   (admin) makes a backup now, and says how large it is
 *   /restore  (admin, as a reply to a backup) goes back to that backup, after a button has been pressed */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "backup/backup.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "telegram/telegram.h"

static const char RESTORE_DATA[] = "lunokhod:restore:";

struct admin {
  struct admin_options options;
  struct notices *notices;
  char restore_data[64]; /* of the button that may be pressed now, once; "": none */
};

struct admin *admin_open(const struct admin_options *options) {
  struct admin *admin = memory_new(sizeof *admin);
  admin->options = *options;
  admin->notices = notices_open(options->telegram);
  return admin;
}

void admin_close(struct admin *admin) {
  if (!admin) return;
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

/* ---- /restore ---- */

/* Nobody can guess it, so no button that a script was made to send does the same. */
static bool make_restore_data(struct admin *admin, int64_t message_id) {
  unsigned long long number;
  if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) return false;
  (void)snprintf(admin->restore_data, sizeof admin->restore_data, "%s%lld:%llx", RESTORE_DATA, (long long)message_id, number);
  return true;
}

static void ask_to_confirm(struct admin *admin, const json_t *message) {
  const json_t *original = json_object_get(message, "reply_to_message");
  int64_t message_id = json_integer_value(json_object_get(original, "message_id"));
  char markup[200];
  if (!message_id || !json_object_get(original, "document")) {
    admin_tell(admin, "Reply with /restore to the backup document that you want to go back to.");
    return;
  }
  if (!make_restore_data(admin, message_id)) {
    admin_tell(admin, "This machine has no random numbers now; try again.");
    return;
  }
  (void)snprintf(markup, sizeof markup, "{\"inline_keyboard\":[[{\"text\":\"Go back to it\",\"callback_data\":\"%s\"}]]}",
                 admin->restore_data);
  notices_send(
      admin->notices, admin->options.admin_id,
      "Go back to that backup? What the bots know now is saved first, in a message of its own, so that you can return to it.",
      markup);
}

/* ---- updates ---- */

static bool take_message(struct admin *admin, const json_t *message) {
  const char *text = json_string_value(json_object_get(message, "text"));
  const char *type = json_string_value(json_object_get(json_object_get(message, "chat"), "type"));
  int64_t person_id = json_integer_value(json_object_get(json_object_get(message, "from"), "id"));
  if (!text || !type || strcmp(type, "private") != 0) return false;
  bool is_admin = person_id == admin->options.admin_id;
  if (strcmp(text, "admin") == 0) {
    answer_admin(admin, person_id);
  } else if (is_admin && strcmp(text, "/backup") == 0) {
    backup_save(admin->options.backup, on_saved, admin);
  } else if (is_admin && strcmp(text, "/restore") == 0) {
    ask_to_confirm(admin, message);
  } else {
    return false;
  }
  return true;
}

static bool take_press(struct admin *admin, const json_t *query) {
  const char *data = json_string_value(json_object_get(query, "data"));
  const json_t *chat = json_object_get(json_object_get(query, "message"), "chat");
  int64_t person_id = json_integer_value(json_object_get(json_object_get(query, "from"), "id"));
  int64_t chat_id = json_integer_value(json_object_get(chat, "id")); /* of a private chat: the person's */
  if (!data || strncmp(data, RESTORE_DATA, sizeof RESTORE_DATA - 1) != 0 || person_id != admin->options.admin_id) return false;
  const char *query_id = json_string_value(json_object_get(query, "id"));
  if (query_id) notices_answer_press(admin->notices, query_id, NULL);
  if (chat_id != person_id) return true;
  if (strcmp(data, admin->restore_data) != 0) {
    admin_tell(admin, "That button is over. Reply with /restore to the backup once more.");
    return true;
  }
  int64_t message_id = strtoll(data + sizeof RESTORE_DATA - 1, NULL, 10);
  admin->restore_data[0] = '\0';
  admin->options.restore(message_id, admin->options.data);
  return true;
}

bool admin_take(struct admin *admin, const char *json, size_t size) {
  static const char *const marks[] = {"\"admin\"", "\"/backup\"", "\"/restore\"", "lunokhod:restore:"};
  bool is_ours = false; /* the bytes are searched before they are parsed, because nearly every update is for the scripts */
  for (size_t i = 0; !is_ours && i < sizeof marks / sizeof marks[0]; i++)
    is_ours = memmem(json, size, marks[i], strlen(marks[i])) != NULL;
  if (!is_ours) return false;
  json_t *update = json_loadb(json, size, 0, NULL);
  const json_t *message = json_object_get(update, "message"), *query = json_object_get(update, "callback_query");
  bool is_taken = message ? take_message(admin, message) : query && take_press(admin, query);
  json_decref(update);
  return is_taken;
}
