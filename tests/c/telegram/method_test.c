#include "telegram/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the headers above, which it needs */
#include <cmocka.h>

static void assert_found(const char *written, const char *name) {
  const struct method *method = method_find(written);
  assert_non_null(method);
  assert_string_equal(method_name(method), name);
}

static void finds_a_method_in_either_spelling(void **state) {
  (void)state;
  assert_found("sendMessage", "sendMessage");
  assert_found("send_message", "sendMessage");
  assert_found("SENDMESSAGE", "sendMessage");
  assert_found("close", "close");
  assert_found("remove_business_account_profile_photo", "removeBusinessAccountProfilePhoto");
}

static void finds_the_first_and_the_last_of_the_table(void **state) {
  (void)state;
  assert_found("addStickerToSet", "addStickerToSet");
  assert_found("verifyUser", "verifyUser");
}

static void finds_every_method_of_the_table(void **state) {
  (void)state;
  static const struct {
    const char *name, *parameters;
  } table[] = {
#include "telegram/method_table.h"
  };
  assert_true(sizeof table / sizeof table[0] > 100);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) assert_found(table[i].name, table[i].name);
}

static void does_not_take_what_telegram_would_not(void **state) {
  (void)state;
  assert_null(method_find(""));
  assert_null(method_find("send"));
  assert_null(method_find("sendMessages"));
  assert_null(method_find("send_Message")); /* telegram.lua would send it as it is */
  assert_null(method_find("_sendMessage"));
  assert_null(method_find("sendMessage_"));
  assert_null(method_find("a_name_that_is_far_too_long_to_be_one_of_the_methods_of_any_bot_api_there_is"));
}

static void assert_near(const char *written, const char *name) {
  const struct method *method = method_nearest(written);
  assert_non_null(method);
  assert_string_equal(method_name(method), name);
}

static void names_the_nearest_method(void **state) {
  (void)state;
  assert_near("send_mesage", "sendMessage");
  assert_near("sendMessages", "sendMessage");
  assert_near("clsoe", "close"); /* two letters swapped are one slip */
  assert_near("delete_mesages", "deleteMessages");
  assert_near("send_Message", "sendMessage");
}

static void names_none_that_is_far(void **state) {
  (void)state;
  assert_null(method_nearest("frobnicate"));
  assert_null(method_nearest(""));
  assert_null(method_nearest("clsx")); /* two slips from close, and a third of four is one */
  assert_near("clos", "close");
  assert_null(method_nearest("a_name_that_is_far_too_long_to_be_one_of_the_methods_of_any_bot_api_there_is"));
}

static void knows_the_parameters(void **state) {
  (void)state;
  const struct method *method = method_find("send_message");
  assert_true(method_has_parameter(method, "chat_id"));
  assert_true(method_has_parameter(method, "business_connection_id")); /* the first */
  assert_true(method_has_parameter(method, "reply_markup"));           /* the last */
  assert_false(method_has_parameter(method, "chat"));
  assert_false(method_has_parameter(method, "chat_id text"));
  assert_false(method_has_parameter(method, "Chat_id"));
  assert_false(method_has_parameter(method, ""));
  assert_false(method_has_parameter(method_find("getMe"), "chat_id"));
}

static void assert_near_parameter(const char *method, const char *written, const char *name) {
  size_t size = 99;
  const char *nearest = method_nearest_parameter(method_find(method), written, &size);
  if (!name) {
    assert_null(nearest);
    assert_int_equal(size, 0);
    return;
  }
  assert_non_null(nearest);
  assert_int_equal(size, strlen(name));
  assert_memory_equal(nearest, name, size);
}

static void names_the_nearest_parameter(void **state) {
  (void)state;
  assert_near_parameter("sendMessage", "chatId", "chat_id");
  assert_near_parameter("sendMessage", "chat", NULL); /* two letters away, one is a third */
  assert_near_parameter("sendMessage", "reply_markpu", "reply_markup");
  assert_near_parameter("sendMessage", "txt", "text");
  assert_near_parameter("sendMessage", "caption", NULL);
  assert_near_parameter("getMe", "chat_id", NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_a_method_in_either_spelling),
      cmocka_unit_test(finds_the_first_and_the_last_of_the_table),
      cmocka_unit_test(finds_every_method_of_the_table),
      cmocka_unit_test(does_not_take_what_telegram_would_not),
      cmocka_unit_test(names_the_nearest_method),
      cmocka_unit_test(names_none_that_is_far),
      cmocka_unit_test(knows_the_parameters),
      cmocka_unit_test(names_the_nearest_parameter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
