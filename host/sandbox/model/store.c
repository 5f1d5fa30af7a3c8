#include "sandbox/model/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/file.h"
#include "sandbox/model/member.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/poll_closing.h"
#include "sandbox/model/poll_content.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/settings.h"

#define PATH_SIZE 4096

/* ---- bytes of files ---- */

static void file_path(char to[PATH_SIZE], const char *path, uint64_t number) {
  (void)snprintf(to, PATH_SIZE, "%s.files/%llu", path, (unsigned long long)number);
}

static bool write_bytes(const char *path, const char *data, size_t size, struct error *error) {
  char new[PATH_SIZE + 8];
  (void)snprintf(new, sizeof new, "%s.new", path);
  /* For its owner only, as it holds tokens; and no link of somebody else's is followed. */
  (void)unlink(new);
  int fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
  if (fd >= 0 && !file) (void)close(fd);
  bool ok = file && (!size || fwrite(data, 1, size, file) == size) && fflush(file) == 0 && fsync(fileno(file)) == 0;
  if (file) ok = fclose(file) == 0 && ok;
  if (ok && rename(new, path) == 0) return true;
  error_set(error, ERROR_SYSTEM, "can't write %s: %s", path, strerror(errno));
  (void)unlink(new);
  return false;
}

static char *read_bytes(const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  char *data = file ? memory_try_resize(NULL, size + 1) : NULL;
  bool ok = data && fread(data, 1, size, file) == size;
  if (file) (void)fclose(file);
  if (ok) return data;
  free(data);
  return NULL;
}

/* ---- saving ---- */

/* A NULL is an absent member. */
static void set(json_t *json, const char *name, const char *text) {
  if (text) json_object_set_new(json, name, json_string(text));
}

static json_t *save_people(const struct model *model) {
  json_t *people = json_array();
  for (struct person *person = model->people; person; person = person->hh.next) {
    if (person->is_bot) continue;
    json_t *json = json_pack("{s:I,s:b}", "id", (json_int_t)person->id, "blocked", (int)person->is_blocking);
    set(json, "first_name", person->first_name), set(json, "last_name", person->last_name);
    set(json, "username", person->username), set(json, "language_code", person->language);
    json_array_append_new(people, json);
  }
  return people;
}

static json_t *save_message(const struct message *message) {
  json_t *json =
      json_pack("{s:i,s:i,s:i,s:I,s:I,s:I,s:I}", "id", message->id, "kind", (int)message->kind, "reply_to", message->reply_to,
                "date", (json_int_t)message->date, "edit_date", (json_int_t)message->edit_date, "version",
                (json_int_t)message->version, "from", (json_int_t)(message->from ? message->from->id : 0));
  int flags = message->is_deleted | message->is_forgotten << 1 | message->is_pinned << 2 | message->is_forwarded << 3 |
              message->has_keyboard << 4 | message->is_protected << 5;
  json_object_set_new(json, "flags", json_integer(flags));
  set(json, "text", message->text), set(json, "entities", message->entities), set(json, "content", message->content);
  set(json, "markup", message->markup), set(json, "origin", message->origin), set(json, "group", message->group);
  set(json, "hidden", message->hidden), set(json, "reactions", message->reactions), set(json, "preview", message->preview),
      set(json, "quote", message->quote), set(json, "extras", message->extras);
  json_object_set_new(json, "thread_id", json_integer(message->thread_id));
  json_object_set_new(json, "via", json_integer(message->via ? message->via->id : 0));
  json_object_set_new(json, "update_bot", json_integer(message->update_bot));
  json_object_set_new(json, "update_id", json_integer(message->update_id));
  return json;
}

static json_t *save_member(const struct member *member) {
  json_t *json = json_pack("{s:I,s:i,s:I,s:b,s:I}", "id", (json_int_t)member->user_id, "status", (int)member->status, "until",
                           (json_int_t)member->until, "is_away", (int)member->is_away, "rights", (json_int_t)member->rights);
  set(json, "title", member->title), set(json, "tag", member->tag);
  return json;
}

static json_t *save_chat(const struct chat *chat) {
  json_t *members = json_array(), *messages = json_array();
  for (struct member *member = chat->members; member; member = member->hh.next) {
    json_array_append_new(members, save_member(member));
  }
  for (unsigned i = 0; i < chat->count; i++) json_array_append_new(messages, save_message(chat->messages[i]));
  json_t *json = json_pack("{s:I,s:I,s:I,s:I,s:i,s:b,s:b,s:i,s:o,s:o}", "id", (json_int_t)chat->id, "migrated_to",
                           (json_int_t)chat->migrated_to, "permissions", (json_int_t)chat->permissions, "last_bot",
                           (json_int_t)chat->last_bot, "type", (int)chat->type, "is_forum", (int)chat->is_forum, "hides_pin",
                           (int)chat->hides_pin, "next_id", chat->next_id, "members", members, "messages", messages);
  set(json, "title", chat->title), set(json, "keyboard", chat->keyboard);
  set(json, "username", chat->username), set(json, "description", chat->description), set(json, "photo", chat->photo);
  set(json, "business", chat->business);
  json_object_set_new(json, "person", json_integer(chat->person ? chat->person->id : 0));
  json_object_set_new(json, "bot", json_integer(chat->bot ? chat->bot->person->id : 0));
  json_object_set(json, "invite_links", chat->invite_links);
  json_object_set(json, "join_requests", chat->join_requests);
  json_object_set(json, "topics", chat->topics);
  return json;
}

static json_t *save_chats(const struct model *model) {
  json_t *chats = json_array();
  for (struct chat *chat = model->chats; chat; chat = chat->hh.next) json_array_append_new(chats, save_chat(chat));
  return chats;
}

static void save_update(int64_t id, const char *update, int64_t expires_at, void *list) {
  json_array_append_new(list,
                        json_pack("{s:I,s:s,s:I}", "id", (json_int_t)id, "json", update, "expires_at", (json_int_t)expires_at));
}

static void save_setting(const char *slot, const char *text, void *map) { json_object_set_new(map, slot, json_string(text)); }

static json_t *save_queue(struct queue *queue) {
  json_t *updates = json_array();
  queue_each(queue, save_update, updates);
  json_t *json = json_pack("{s:o,s:I}", "updates", updates, "next_id", (json_int_t)queue_next_id(queue));
  set(json, "allowed", queue_allowed(queue));
  return json;
}

static json_t *save_bots(const struct model *model) {
  json_t *bots = json_array();
  for (struct bot *bot = model->bots; bot; bot = bot->hh.next) {
    json_t *settings = json_object();
    settings_each(bot->settings, save_setting, settings);
    json_t *json = json_pack("{s:s,s:b,s:I,s:o,s:o}", "token", bot->token, "has_privacy", (int)bot->has_privacy, "stars",
                             (json_int_t)bot->stars, "queue", save_queue(bot->queue), "settings", settings);
    set(json, "first_name", bot->person->first_name), set(json, "username", bot->person->username);
    set(json, "webhook", bot->webhook.url), set(json, "secret", bot->webhook.secret);
    set(json, "address", bot->webhook.address);
    json_object_set_new(json, "max_connections", json_integer(bot->webhook.max_connections));
    json_object_set(json, "transactions", bot->transactions);
    json_object_set(json, "invoices", bot->invoices);
    json_array_append_new(bots, json);
  }
  return bots;
}

static bool save_files(const struct model *model, const char *path, json_t *files, struct error *error) {
  char name[PATH_SIZE];
  (void)snprintf(name, sizeof name, "%s.files", path);
  if (model->files && mkdir(name, 0700) && errno != EEXIST)
    return error_set(error, ERROR_SYSTEM, "can't make %s: %s", name, strerror(errno));
  for (struct file *file = model->files; file; file = file->hh.next) {
    file_path(name, path, file->number);
    struct stat there;
    bool is_there = stat(name, &there) == 0 && (size_t)there.st_size == file->size;
    if (!is_there && !write_bytes(name, file->data, file->size, error)) return false;
    json_t *json = json_pack("{s:I,s:s,s:i,s:I}", "number", (json_int_t)file->number, "name", file->name, "kind",
                             (int)file->kind, "size", (json_int_t)file->size);
    set(json, "details", file->details);
    json_array_append_new(files, json);
  }
  return true;
}

/* Files are numbered in the order in which they came, and the oldest are forgotten first. A leftover does no harm, so what
 * can't be removed stays. */
static void remove_forgotten_files(const struct model *model, const char *path) {
  uint64_t oldest = model->files ? model->files->number : model->next_file;
  char name[PATH_SIZE], *end;
  (void)snprintf(name, sizeof name, "%s.files", path);
  DIR *directory = opendir(name);
  if (!directory) return;
  for (const struct dirent *entry; (entry = readdir(directory));) {
    uint64_t number = strtoull(entry->d_name, &end, 10);
    if (*end || number == 0 || number >= oldest) continue;
    file_path(name, path, number);
    (void)unlink(name);
  }
  (void)closedir(directory);
}

bool store_save(const struct model *model, const char *path, struct error *error) {
  json_t *files = json_array();
  bool ok = save_files(model, path, files, error);
  json_t *root = json_pack("{s:i,s:o,s:o,s:o,s:O,s:I,s:i,s:I,s:I,s:I}", "format", 2, "people", save_people(model), "chats",
                           save_chats(model), "bots", save_bots(model), "files", files, "version", (json_int_t)model->version,
                           "next_message_id", model->next_message_id, "next_query_id", (json_int_t)model->next_query_id,
                           "next_file", (json_int_t)model->next_file, "advanced_s", (json_int_t)model->advanced_s);
  if (root) json_object_set(root, "sticker_sets", model->sticker_sets);
  if (root) json_object_set(root, "business", model->business);
  if (root && model->unclaimed) json_object_set_new(root, "unclaimed", save_queue(model->unclaimed));
  char *text = ok && root ? json_dumps(root, JSON_COMPACT) : NULL;
  if (ok && !text) ok = error_set(error, ERROR_SYSTEM, "can't save %s: not enough memory for its text", path);
  if (ok) ok = write_bytes(path, text, strlen(text), error);
  if (ok) remove_forgotten_files(model, path);
  free(text);
  json_decref(root);
  json_decref(files);
  return ok;
}

/* ---- loading ---- */

static const char *text_of(const json_t *json, const char *name) { return json_string_value(json_object_get(json, name)); }
static int64_t number_of(const json_t *json, const char *name) { return json_integer_value(json_object_get(json, name)); }

static char *copy_of(const json_t *json, const char *name) {
  const char *text = text_of(json, name);
  return text ? memory_copy_text(text) : NULL;
}

static void load_queue(struct queue *queue, const json_t *json) {
  json_t *update, *allowed = text_of(json, "allowed") ? json_loads(text_of(json, "allowed"), 0, NULL) : NULL;
  size_t i;
  queue_allow(queue, allowed);
  json_decref(allowed);
  queue_restore(queue, number_of(json, "next_id"), NULL, 0); /* the next id, if no update waits */
  json_array_foreach(json_object_get(json, "updates"), i, update) {
    if (text_of(update, "json"))
      queue_restore(queue, number_of(update, "id"), text_of(update, "json"), number_of(update, "expires_at"));
  }
}

static void load_bots(struct model *model, const json_t *bots) {
  json_t *json, *setting;
  size_t i;
  json_array_foreach((json_t *)bots, i, json) {
    struct bot *bot = text_of(json, "token") ? bot_use(model, text_of(json, "token")) : NULL;
    const char *slot;
    if (!bot) continue;
    load_queue(bot->queue, json_object_get(json, "queue"));
    webhook_set(&bot->webhook, text_of(json, "webhook"), text_of(json, "secret"), text_of(json, "address"),
                (int)number_of(json, "max_connections"));
    bot->stars = number_of(json, "stars");
    bot->transactions = json_incref(json_object_get(json, "transactions"));
    bot->invoices = json_incref(json_object_get(json, "invoices"));
    person_rename_bot(bot->person, text_of(json, "first_name"), text_of(json, "username"));
    bot->has_privacy = json_is_true(json_object_get(json, "has_privacy"));
    json_object_foreach(json_object_get(json, "settings"), slot, setting)
        settings_set(bot->settings, slot, json_string_value(setting));
  }
}

static void load_people(struct model *model, const json_t *people) {
  json_t *json;
  size_t i;
  json_array_foreach((json_t *)people, i, json) {
    struct person *person = person_add(model, number_of(json, "id"), text_of(json, "first_name"), text_of(json, "last_name"),
                                       text_of(json, "username"), text_of(json, "language_code"));
    person->is_blocking = json_is_true(json_object_get(json, "blocked"));
  }
}

static void load_message(struct model *model, struct chat *chat, const json_t *json) {
  struct message *message = message_restore(model, chat, (int)number_of(json, "id"));
  int64_t flags = number_of(json, "flags");
  message->kind = (enum message_kind)number_of(json, "kind");
  message->reply_to = (int)number_of(json, "reply_to");
  message->date = number_of(json, "date");
  message->edit_date = number_of(json, "edit_date");
  message->version = (uint64_t)number_of(json, "version");
  message->from = person_find(model, number_of(json, "from"));
  message->is_deleted = flags & 1, message->is_forgotten = flags & 2, message->is_pinned = flags & 4;
  message->is_forwarded = flags & 8, message->has_keyboard = flags & 16, message->is_protected = flags & 32;
  message->text = copy_of(json, "text"), message->entities = copy_of(json, "entities"),
  message->content = copy_of(json, "content");
  message->markup = copy_of(json, "markup"), message->origin = copy_of(json, "origin"), message->group = copy_of(json, "group");
  message->hidden = copy_of(json, "hidden"), message->reactions = copy_of(json, "reactions"),
  message->preview = copy_of(json, "preview"), message->quote = copy_of(json, "quote"),
  message->extras = copy_of(json, "extras");
  message->thread_id = (int)number_of(json, "thread_id");
  message->via = person_find(model, number_of(json, "via"));
  message->update_bot = number_of(json, "update_bot"), message->update_id = number_of(json, "update_id");
}

/* A poll that should have been closed meanwhile is closed at once. */
static void plan_closing(struct model *model, const struct message *message) {
  json_t *poll = poll_content_read(message);
  int64_t at = number_of(poll, "close_date");
  if (at && !json_is_true(json_object_get(poll, "is_closed"))) poll_closing_plan(model, message, at);
  json_decref(poll);
}

static void load_member(struct model *model, struct chat *chat, const json_t *json) {
  const struct person *person = person_find(model, number_of(json, "id"));
  int64_t status = number_of(json, "status");
  if (!person || status < MEMBER_LEFT || status > MEMBER_CREATOR) return;
  struct member *member = member_entry(chat, person);
  member->status = (enum member_status)status;
  member->until = number_of(json, "until");
  member->is_away = json_is_true(json_object_get(json, "is_away"));
  member->rights = (uint32_t)number_of(json, "rights");
  member_set_title(member->title, text_of(json, "title")), member_set_title(member->tag, text_of(json, "tag"));
}

static void load_chat(struct model *model, struct chat *chat, const json_t *json) {
  json_t *item;
  size_t i;
  json_array_foreach(json_object_get(json, "members"), i, item) load_member(model, chat, item);
  json_array_foreach(json_object_get(json, "messages"), i, item) load_message(model, chat, item);
  for (unsigned m = 0; m < chat->count; m++) plan_closing(model, chat->messages[m]);
  chat->migrated_to = number_of(json, "migrated_to");
  chat->permissions = (uint32_t)number_of(json, "permissions");
  chat->last_bot = number_of(json, "last_bot");
  chat->is_forum = json_is_true(json_object_get(json, "is_forum"));
  chat->hides_pin = json_is_true(json_object_get(json, "hides_pin"));
  chat->next_id = (int)number_of(json, "next_id");
  chat->keyboard = copy_of(json, "keyboard");
  chat->business = copy_of(json, "business");
  chat->person = person_find(model, number_of(json, "person"));
  chat->photo = copy_of(json, "photo");
  chat->username = copy_of(json, "username"), chat->description = copy_of(json, "description");
  chat->invite_links = json_incref(json_object_get(json, "invite_links"));
  chat->join_requests = json_incref(json_object_get(json, "join_requests"));
  chat->topics = json_incref(json_object_get(json, "topics"));
  chat_describe(chat);
}

/* Private chats with other than the first bot get the ids that they had, as they come in the same order. */
static struct chat *find_saved_chat(struct model *model, const json_t *json) {
  struct bot *bot = number_of(json, "bot") ? bot_find(model, number_of(json, "bot")) : NULL;
  return bot ? chat_find_for(model, bot, number_of(json, "person")) : chat_find(model, number_of(json, "id"));
}

static void load_chats(struct model *model, const json_t *chats) {
  json_t *json;
  size_t i;
  json_array_foreach((json_t *)chats, i, json) {
    struct chat *chat = find_saved_chat(model, json);
    int64_t type = number_of(json, "type");
    if (type < CHAT_PRIVATE || type > CHAT_CHANNEL) continue;
    if (!chat) chat = chat_add(model, number_of(json, "id"), (enum chat_type)type, text_of(json, "title"));
    load_chat(model, chat, json);
  }
}

static bool load_files(struct model *model, const char *path, const json_t *files, struct error *error) {
  json_t *json;
  size_t i;
  json_array_foreach((json_t *)files, i, json) {
    char name[PATH_SIZE];
    size_t size = (size_t)number_of(json, "size");
    file_path(name, path, (uint64_t)number_of(json, "number"));
    char *data = read_bytes(name, size);
    if (!data) return error_set(error, ERROR_INPUT, "can't read %s, which belongs to %s", name, path);
    int64_t saved = number_of(json, "kind");
    enum file_kind kind = saved > 0 && saved < FILE_KINDS ? (enum file_kind)saved : FILE_DOCUMENT;
    (void)file_restore(model, (uint64_t)number_of(json, "number"), kind, text_of(json, "name"), copy_of(json, "details"), data,
                       size);
  }
  return true;
}

bool store_load(struct model *model, const char *path, struct error *error) {
  json_error_t why;
  if (access(path, F_OK) != 0 && errno == ENOENT) return true;
  json_t *root = json_load_file(path, 0, &why);
  if (!root)
    return error_set(error, ERROR_INPUT, "can't read %s: %s; move it away to start with an empty Telegram", path, why.text);
  bool ok = number_of(root, "format") == 2;
  if (!ok) error_set(error, ERROR_INPUT, "%s is not the state of such a sandbox; name another file with --data", path);
  if (ok) ok = load_files(model, path, json_object_get(root, "files"), error);
  if (ok) {
    load_bots(model, json_object_get(root, "bots")); /* before the chats, because bots are authors of messages */
    load_people(model, json_object_get(root, "people"));
    load_chats(model, json_object_get(root, "chats"));
    model->business = json_incref(json_object_get(root, "business"));
    model->sticker_sets = json_incref(json_object_get(root, "sticker_sets"));
    if (model->unclaimed) load_queue(model->unclaimed, json_object_get(root, "unclaimed"));
    model->version = (uint64_t)number_of(root, "version");
    model->next_message_id = (int)number_of(root, "next_message_id");
    model->next_query_id = number_of(root, "next_query_id");
    model->next_file = (uint64_t)number_of(root, "next_file");
    model->advanced_s = number_of(root, "advanced_s");
  }
  json_decref(root);
  return ok;
}
