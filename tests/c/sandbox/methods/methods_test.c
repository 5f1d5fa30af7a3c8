/* The Bot API against the model, without a socket: what a bot asks, and what it is told. */
#include "sandbox/methods/methods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/store.h"

static struct loop *loop;
static struct clock *now;
static struct model *model;
static char answer[16384];

static int set_up(void **state) {
  (void)state;
  loop = loop_open(NULL);
  now = clock_open_manual(loop, 1700000000000);
  model = model_new(now);
  (void)person_add(model, 5, "Анна", NULL, "anna", NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  model_free(model);
  clock_close(now);
  return loop_close(loop) ? 0 : -1;
}

/* Calls a method with names and values, ended by NULL; a name that begins with '@' is a file. Returns the status. */
static int ask(const char *method, ...) {
  struct server_parameter parameters[16];
  struct call call = {.model = model, .method = method, .parameters = parameters};
  call.bot = bot_use(model, "123:ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  va_list list;
  va_start(list, method);
  for (const char *name; (name = va_arg(list, const char *));) {
    const char *value = va_arg(list, const char *);
    bool is_file = *name == '@';
    parameters[call.count++] = (struct server_parameter){name + is_file, value, strlen(value), is_file ? "a/b:c.db" : NULL};
  }
  va_end(list);
  buffer_init(&call.answer, 1 << 20);
  methods_run(&call);
  (void)snprintf(answer, sizeof answer, "%s", call.answer.data ? call.answer.data : "");
  buffer_release(&call.answer);
  return call.status;
}

static void assert_refused(const char *description) {
  char expected[512];
  (void)snprintf(expected, sizeof expected, "\"description\":\"%s\"", description);
  if (!strstr(answer, expected)) fail_msg("expected %s in %s", expected, answer);
}

static void assert_has(const char *part) {
  if (!strstr(answer, part)) fail_msg("expected %s in %s", part, answer);
}

static void sends_a_cleaned_message(void **state) {
  (void)state;
  assert_int_equal(ask("SENDmessage", "chat_id", "5", "text", " /a *b* ", "parse_mode", "none", NULL), 200);
  assert_has("\"text\":\"/a *b*\",\"entities\":[{\"offset\":0,\"length\":2,\"type\":\"bot_command\"}]");
  assert_has("\"first_name\":\"\\u0410\\u043d\\u043d\\u0430\"");
}

static void refuses_in_telegrams_words(void **state) {
  (void)state;
  char text[4 * 5000];
  memset(text, 'a', sizeof text);
  text[4097] = '\0';
  assert_int_equal(ask("sendMessage", "chat_id", "7", NULL), 400);
  assert_refused("Bad Request: message text is empty");
  assert_int_equal(ask("sendMessage", "chat_id", "7", "text", "a", NULL), 400);
  assert_refused("Bad Request: chat not found");
  assert_int_equal(ask("sendMessage", "text", "a", NULL), 400);
  assert_refused("Bad Request: chat_id is empty");
  ask("sendMessage", "chat_id", "5", "text", " \n", NULL);
  assert_refused("Bad Request: text must be non-empty");
  ask("sendMessage", "chat_id", "5", "text", text, NULL);
  assert_refused("Bad Request: message is too long");
  ask("sendMessage", "chat_id", "5", "text", "a", "reply_markup", "null", NULL);
  assert_refused("Bad Request: object expected as reply markup");
  ask("sendMessage", "chat_id", "5", "text", "a", "reply_parameters", "{\"message_id\":99}", NULL);
  assert_refused("Bad Request: message to be replied not found");
  assert_int_equal(ask("fly", NULL), 404);
  assert_refused("Not Found: method not found");
  person_find(model, 5)->is_blocking = true;
  assert_int_equal(ask("sendMessage", "chat_id", "5", "text", "a", NULL), 403);
  assert_refused("Forbidden: bot was blocked by the user");
}

static void edits_only_what_it_may(void **state) {
  (void)state;
  struct message *theirs = message_add(model, chat_find(model, 5), person_find(model, 5));
  assert_int_equal(theirs->id, 1);
  ask("editMessageText", "chat_id", "5", "message_id", "1", "text", "a", NULL);
  assert_refused("Bad Request: message can't be edited");
  ask("sendMessage", "chat_id", "5", "text", "a", "reply_markup", "{\"keyboard\":[[\"x\"]]}", NULL);
  ask("editMessageText", "chat_id", "5", "message_id", "2", "text", "b", NULL);
  assert_refused("Bad Request: message can't be edited");
  ask("sendMessage", "chat_id", "5", "text", "a", NULL);
  assert_int_equal(ask("editMessageText", "chat_id", "5", "message_id", "3", "text", "b", NULL), 200);
  assert_has("\"edit_date\":1700000000,\"text\":\"b\"");
  ask("editMessageText", "chat_id", "5", "message_id", "3", "text", "b", NULL);
  assert_has("message is not modified");
  ask("editMessageText", "chat_id", "5", "message_id", "4", "text", "b", NULL);
  assert_refused("Bad Request: message to edit not found");
  ask("editMessageCaption", "chat_id", "5", "message_id", "3", "caption", "b", NULL);
  assert_refused("Bad Request: there is no caption in the message to edit");
}

static void deletes_for_48_hours(void **state) {
  (void)state;
  ask("sendMessage", "chat_id", "5", "text", "a", NULL);
  ask("sendMessage", "chat_id", "5", "text", "b", NULL);
  assert_int_equal(ask("deleteMessage", "chat_id", "5", "message_id", "1", NULL), 200);
  ask("deleteMessage", "chat_id", "5", "message_id", "1", NULL);
  assert_refused("Bad Request: message to delete not found");
  model->advanced_s = 48 * 3600 + 1;
  ask("deleteMessage", "chat_id", "5", "message_id", "2", NULL);
  assert_refused("Bad Request: message can't be deleted for everyone");
}

static void keeps_a_document_and_edits_it_in_place(void **state) {
  (void)state;
  char id[64] = "";
  assert_int_equal(ask("sendDocument", "chat_id", "5", "document", "attach://part", "@part", "bytes", "caption", "v1", NULL),
                   200);
  assert_has("\"document\":{\"file_name\":\"b c.db\",\"mime_type\":\"application/octet-stream\"");
  assert_has("\"caption\":\"v1\"");
  (void)sscanf(strstr(answer, "\"file_id\":\"") + 11, "%63[^\"]", id);
  assert_int_equal(ask("getFile", "file_id", id, NULL), 200);
  assert_has("\"file_size\":5,\"file_path\":\"documents/file_1.db\"");
  assert_int_equal(ask("editMessageMedia", "chat_id", "5", "message_id", "1", "media",
                       "{\"type\":\"document\",\"media\":\"attach://new\"}", "@new", "more bytes", NULL),
                   200);
  assert_has("\"file_size\":10");
  assert_null(strstr(answer, "\"caption\""));
  ask("sendDocument", "chat_id", "5", "@document", "", NULL);
  assert_refused("Bad Request: file must be non-empty");
  ask("sendPhoto", "chat_id", "5", "photo", id, NULL);
  assert_refused("Bad Request: can't use file of type Document as Photo");
}

/* The leak sanitizer sees what such a call would leave behind. */
static void refuses_buttons_that_are_too_long(void **state) {
  (void)state;
  char markup[25000];
  int size = snprintf(markup, sizeof markup, "{\"inline_keyboard\":[[{\"callback_data\":\"a\",\"text\":\"");
  memset(markup + size, 'x', sizeof markup - (size_t)size);
  (void)snprintf(markup + sizeof markup - 10, 10, "\"}]]}");
  static const char media[] = "{\"type\":\"document\",\"media\":\"attach://new\"}";
  ask("sendDocument", "chat_id", "5", "@document", "bytes", NULL);
  ask("editMessageMedia", "chat_id", "5", "message_id", "1", "media", media, "@new", "more", "reply_markup", markup, NULL);
  assert_refused("Bad Request: reply markup is too long");
  ask("sendMessage", "chat_id", "5", "text", "a", "reply_markup", markup, NULL);
  assert_refused("Bad Request: reply markup is too long");
}

static void shows_the_newest_message_of_those_pinned(void **state) {
  (void)state;
  ask("sendMessage", "chat_id", "5", "text", "a", NULL);
  ask("sendMessage", "chat_id", "5", "text", "b", NULL);
  assert_int_equal(ask("pinChatMessage", "chat_id", "5", "message_id", "2", NULL), 200);
  assert_int_equal(ask("pinChatMessage", "chat_id", "5", "message_id", "1", NULL), 200);
  ask("getChat", "chat_id", "5", NULL);
  assert_has("\"pinned_message\":{\"message_id\":2,");
  ask("getUpdates", NULL);
  assert_has("\"pinned_message\":{\"message_id\":2,");
  ask("unpinChatMessage", "chat_id", "5", NULL);
  ask("getChat", "chat_id", "5", NULL);
  assert_has("\"pinned_message\":{\"message_id\":1,");
}

static void keeps_menus_by_scope_and_language(void **state) {
  (void)state;
  const char *scope = "{\"type\":\"chat\",\"chat_id\":5}";
  assert_int_equal(ask("setMyCommands", "commands", "[{\"command\":\"/a\",\"description\":\"x\"}]", "scope", scope, NULL), 200);
  ask("getMyCommands", "scope", scope, NULL);
  assert_has("[{\"command\":\"a\",\"description\":\"x\"}]");
  ask("getMyCommands", NULL);
  assert_has("\"result\":[]");
  ask("deleteMyCommands", "scope", scope, NULL);
  ask("getMyCommands", "scope", scope, NULL);
  assert_has("\"result\":[]");
}

static void answers_a_press_once_and_in_time(void **state) {
  (void)state;
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)query_add(model, QUERY_BUTTON, "")->id);
  assert_int_equal(ask("answerCallbackQuery", "callback_query_id", id, "text", "ok", NULL), 200);
  assert_int_equal(ask("answerCallbackQuery", "callback_query_id", id, NULL), 400);
  (void)snprintf(id, sizeof id, "%lld", (long long)query_add(model, QUERY_BUTTON, "")->id);
  model->advanced_s = 151;
  ask("answerCallbackQuery", "callback_query_id", id, NULL);
  assert_refused("Bad Request: query is too old and response timeout expired or query ID is invalid");
}

static void is_the_same_after_saving_and_loading(void **state) {
  (void)state;
  char path[] = "/tmp/sandbox-test-XXXXXX", files[64];
  struct error error = {0};
  ask("sendDocument", "chat_id", "5", "@document", "bytes", "caption", "v1", NULL);
  ask("pinChatMessage", "chat_id", "5", "message_id", "1", NULL);
  (void)close(mkstemp(path));
  assert_true(store_save(model, path, &error));
  model_free(model);
  model = model_new(now);
  assert_true(store_load(model, path, &error));
  ask("getChat", "chat_id", "5", NULL);
  assert_has("\"caption\":\"v1\"");
  ask("getUpdates", NULL);
  assert_has("\"pinned_message\":{\"message_id\":1,");
  (void)snprintf(files, sizeof files, "%s.files/1", path);
  assert_int_equal(remove(files), 0);
  assert_int_equal(remove(path), 0);
  (void)snprintf(files, sizeof files, "%s.files", path);
  assert_int_equal(remove(files), 0);
}

static void stops_a_poll_once(void **state) {
  (void)state;
  ask("sendPoll", "chat_id", "5", "question", "?", "options", "[\"a\",{\"text\":\"b\"}]", "is_anonymous", "false", NULL);
  assert_has("\"is_anonymous\":false");
  assert_int_equal(ask("stopPoll", "chat_id", "5", "message_id", "1", NULL), 200);
  assert_has("\"result\":{\"id\":");
  assert_has("\"is_closed\":true");
  assert_int_equal(ask("stopPoll", "chat_id", "5", "message_id", "1", NULL), 400);
  assert_refused("Bad Request: poll has already been closed");
  ask("stopPoll", "chat_id", "5", "message_id", "9", NULL);
  assert_refused("Bad Request: message with poll to stop not found");
  ask("sendMessage", "chat_id", "5", "text", "a", NULL);
  ask("stopPoll", "chat_id", "5", "message_id", "2", NULL);
  assert_refused("Bad Request: poll can't be stopped");
}

static void a_group_that_has_moved_says_where(void **state) {
  (void)state;
  struct chat *group = chat_add(model, -9, CHAT_GROUP, "Moon");
  assert_int_equal(ask("sendMessage", "chat_id", "-9", "text", "a", NULL), 200);
  group->migrated_to = -1000000000009;
  assert_int_equal(ask("sendMessage", "chat_id", "-9", "text", "a", NULL), 400);
  assert_refused("Bad Request: group chat was upgraded to a supergroup chat");
  assert_has("\"parameters\":{\"migrate_to_chat_id\":-1000000000009}");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(sends_a_cleaned_message),
      CASE(refuses_in_telegrams_words),
      CASE(edits_only_what_it_may),
      CASE(deletes_for_48_hours),
      CASE(keeps_a_document_and_edits_it_in_place),
      CASE(refuses_buttons_that_are_too_long),
      CASE(shows_the_newest_message_of_those_pinned),
      CASE(keeps_menus_by_scope_and_language),
      CASE(answers_a_press_once_and_in_time),
      CASE(stops_a_poll_once),
      CASE(a_group_that_has_moved_says_where),
      CASE(is_the_same_after_saving_and_loading),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
