/* What a recording shows in the place of what people wrote: nothing of it is left, its shape stays, and what the bot itself has
 * written stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the headers above, as it wants */
#include <cmocka.h>
#include <jansson.h>

#include "common/buffer.h"
#include "common/character.h"
#include "recording/disguise.h"
#include "recording/disguised_json.h"
#include "recording/vocabulary.h"

static const char source[] =
    "-- Comments do not count: тайна\n"
    "--[[ nor do long ones: загадка ]]\n"
    "local bot, price = require \"bot\", 7\n"
    "bot.text('Чай', function(m) m:answer(\"Привет, \" .. m.from.first_name .. [[ Итого ]] .. price) end)\n"
    "bot.callback('^buy:(%d+)$', print)\n"
    "bot.hears('напомни', print)\n";

struct one {
  struct vocabulary *vocabulary;
  struct disguise *disguise;
  struct buffer shown;
};

static int set_up(void **state) {
  static struct one one;
  one.vocabulary = vocabulary_new();
  vocabulary_add(one.vocabulary, source, sizeof source - 1);
  one.disguise = disguise_new(one.vocabulary);
  buffer_init(&one.shown, 1 << 24);
  *state = &one;
  return 0;
}

static int tear_down(void **state) {
  struct one *one = *state;
  disguise_free(one->disguise);
  vocabulary_free(one->vocabulary);
  buffer_release(&one->shown);
  return 0;
}

/* Given: free(). */
static char *show(struct one *one, enum disguise_kind kind, const char *text) {
  buffer_clear(&one->shown);
  assert_true(disguise_add(one->disguise, kind, text, strlen(text), &one->shown));
  return strdup(one->shown.data ? one->shown.data : "");
}

static void expect(struct one *one, enum disguise_kind kind, const char *text, const char *expected) {
  char *shown = show(one, kind, text);
  assert_string_equal(expected, shown);
  free(shown);
}

/* The same number of characters, each of the same kind, and in UTF-16 as long; none of the words. */
static void expect_shape(struct one *one, enum disguise_kind kind, const char *text) {
  char *shown = show(one, kind, text);
  const char *at = text, *other = shown;
  assert_string_not_equal(text, shown);
  while (*at) {
    uint32_t of_text, of_shown;
    assert_int_equal(character_units(*at), character_units(*other));
    at = character_next(at, &of_text);
    other = character_next(other, &of_shown);
    assert_int_equal(character_kind(of_text), character_kind(of_shown));
    assert_int_equal(character_lower(of_text) == of_text, character_lower(of_shown) == of_shown);
  }
  assert_int_equal('\0', *other);
  free(shown);
}

static void keeps_the_shape_of_a_text(void **state) {
  static const char *const texts[] = {
      "My secret is here",      "Секрет Ёлки, 12 штук!", "Ärger über ß", "שלום עולם", "مرحبا",
      "+7 (916) 123-45-67 мой", "漢字かなカナ",          "한국어 글",    "Ωμέγα",     "👩‍👩‍👧 Вера ❤️",
      "anna_b99@example.org",   "\xF0\x9D\x90\x80x"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    expect_shape(*state, DISGUISE_WRITTEN, texts[i]);
    expect_shape(*state, DISGUISE_NAME, texts[i]);
  }
}

static void is_the_same_everywhere(void **state) {
  char *first = show(*state, DISGUISE_NAME, "Анна"), *again = show(*state, DISGUISE_WRITTEN, "Анна");
  assert_string_equal(first, again);
  free(again);
  again = show(*state, DISGUISE_SAID, "Привет, Анна");
  assert_true(strncmp(again, "Привет, ", strlen("Привет, ")) == 0);
  assert_string_equal(first, again + strlen("Привет, "));
  free(first);
  free(again);
  char *small = show(*state, DISGUISE_SAID, "вера"), *large = show(*state, DISGUISE_SAID, "ВЕРА");
  uint32_t of_small, of_large;
  (void)character_next(small, &of_small);
  (void)character_next(large, &of_large);
  assert_int_equal(of_small, character_lower(of_large));
  free(small);
  free(large);
}

static void keeps_what_the_scripts_hold(void **state) {
  expect(*state, DISGUISE_SAID, "Привет, Чай: Итого 250", "Привет, Чай: Итого 250");
  expect(*state, DISGUISE_WRITTEN, "Чай", "Чай");
  expect(*state, DISGUISE_WRITTEN, "напомни", "напомни");
  expect(*state, DISGUISE_DATA, "buy:1234567890", "buy:1234567890");
  expect(*state, DISGUISE_DATA, "price", "price");
  expect(*state, DISGUISE_ERROR, "bad argument #1 to 'answer' (number expected, got nil)",
         "bad argument #1 to 'answer' (number expected, got nil)");
  expect_shape(*state, DISGUISE_SAID, "тайна");
  expect_shape(*state, DISGUISE_SAID, "загадка");
  expect_shape(*state, DISGUISE_SAID, "price"); /* a name of the code is no text */
  expect_shape(*state, DISGUISE_WRITTEN, "напомни Привет");
}

static void keeps_commands_and_not_what_follows(void **state) {
  expect(*state, DISGUISE_WRITTEN, "/start", "/start");
  expect(*state, DISGUISE_WRITTEN, "/add@my_bot Чай 12", "/add@my_bot Чай 12");
  char *shown = show(*state, DISGUISE_WRITTEN, "/add Марс 12");
  assert_true(strncmp(shown, "/add ", 5) == 0);
  assert_null(strstr(shown, "Марс"));
  assert_non_null(strstr(shown, " 12"));
  free(shown);
  expect_shape(*state, DISGUISE_WRITTEN, "/ секрет");
}

static void replaces_long_numbers_only(void **state) {
  expect(*state, DISGUISE_SAID, "12 345, 14:30, 0", "12 345, 14:30, 0");
  static const char *const long_ones[] = {"89161234567", "8 916 123-45-67", "(495) 123.45.67", "1234567"};
  for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) expect_shape(*state, DISGUISE_WRITTEN, long_ones[i]);
  expect(*state, DISGUISE_WRITTEN, "0000000", "0000000");
}

static void repeats_a_text_as_it_was_written(void **state) {
  char *written = show(*state, DISGUISE_WRITTEN, "Итого мы едем");
  char *said = show(*state, DISGUISE_SAID, "Итого: Итого мы едем.");
  assert_true(strncmp(said, "Итого: ", strlen("Итого: ")) == 0);
  assert_true(strncmp(said + strlen("Итого: "), written, strlen(written)) == 0);
  free(written);
  free(said);
}

/* ---- JSON ---- */

/* Given: json_decref(). */
static json_t *show_json(struct one *one, enum disguised_what what, const char *text) {
  json_t *json = json_loads(text, 0, NULL);
  assert_non_null(json);
  json_t *shown = disguised_json(one->disguise, what, json);
  assert_non_null(shown);
  json_decref(json);
  return shown;
}

static void hides_what_an_update_says_of_people(void **state) {
  static const char update[] =
      "{\"update_id\":5,\"message\":{\"message_id\":1,\"date\":1,\"from\":{\"id\":7,\"is_bot\":false,\"first_name\":\"Marta\","
      "\"last_name\":\"Petrova\",\"username\":\"marta_p\",\"language_code\":\"ru\"},\"chat\":{\"id\":7,\"type\":\"private\","
      "\"first_name\":\"Marta\",\"bio\":\"Gardener\"},\"text\":\"Bury it\",\"caption\":\"Garden\","
      "\"contact\":{\"phone_number\":\"+79161234567\",\"first_name\":\"Boris\",\"vcard\":\"FN:Boris\"},"
      "\"document\":{\"file_id\":\"BQAC\",\"file_name\":\"salary.pdf\",\"mime_type\":\"application/pdf\"},"
      "\"location\":{\"latitude\":55.7558,\"longitude\":37.6173},\"a_member_of_tomorrow\":\"Tomorrow\"}}";
  static const char *const gone[] = {"Marta",      "Petrova", "marta",  "Gardener", "Bury",  "Garden",
                                     "9161234567", "Boris",   "salary", "55.75",    "37.61", "Tomorrow"};
  static const char *const kept[] = {"\"update_id\":5", "\"ru\"", "\"private\"", "BQAC", ".pdf\"", "application/pdf", "55.0"};
  json_t *shown = show_json(*state, DISGUISED_UPDATE, update);
  char *text = json_dumps(shown, JSON_COMPACT);
  for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) assert_null(strstr(text, gone[i]));
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) assert_non_null(strstr(text, kept[i]));
  const json_t *message = json_object_get(shown, "message");
  assert_string_equal(json_string_value(json_object_get(json_object_get(message, "from"), "first_name")),
                      json_string_value(json_object_get(json_object_get(message, "chat"), "first_name")));
  free(text);
  json_decref(shown);
}

static void lets_buttons_be_pressed(void **state) {
  static const char call[] =
      "{\"chat_id\":7,\"text\":\"Чай\",\"reply_markup\":{\"keyboard\":[[{\"text\":\"Чай с Марсом\"},\"Итого\"]]}}";
  json_t *shown = show_json(*state, DISGUISED_CALL, call);
  const json_t *row = json_array_get(json_object_get(json_object_get(shown, "reply_markup"), "keyboard"), 0);
  const char *label = json_string_value(json_object_get(json_array_get(row, 0), "text"));
  assert_null(strstr(label, "Марсом"));
  assert_string_equal("Итого", json_string_value(json_array_get(row, 1)));
  expect(*state, DISGUISE_WRITTEN, "Чай с Марсом", label);
  json_decref(shown);
}

static void drops_secrets_with_texts_too(void **state) {
  (void)state;
  json_t *json = json_loads("{\"provider_token\":\"1:LIVE:abc\",\"text\":\"x\"}", 0, NULL);
  disguised_json_drop_secrets(json);
  assert_string_equal("<hidden>", json_string_value(json_object_get(json, "provider_token")));
  assert_string_equal("x", json_string_value(json_object_get(json, "text")));
  json_decref(json);
}

/* ---- odd input ---- */

static void takes_anything(void **state) {
  struct one *one = *state;
  static const char *const texts[] = {"",   "\xFF\xFE", "a\xC3", "\xED\xA0\x80", "/",
                                      "//", "0",        "+",     "((((((",       "1 1 1 1 1 1 1 1 1"};
  for (int kind = DISGUISE_NAME; kind <= DISGUISE_ERROR; kind++) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(show(one, (enum disguise_kind)kind, texts[i]));
    buffer_clear(&one->shown);
    assert_true(disguise_add(one->disguise, (enum disguise_kind)kind, "a\0b", 3, &one->shown));
    assert_int_equal(3, one->shown.size);
  }
  size_t size = 200000;
  char *word = malloc(size + 1);
  memset(word, 'a', size);
  word[size] = '\0';
  char *shown = show(one, DISGUISE_WRITTEN, word);
  assert_int_equal(size, strlen(shown));
  free(shown);
  memset(word, '7', size);
  shown = show(one, DISGUISE_WRITTEN, word);
  assert_int_equal(size, strlen(shown));
  free(shown);
  free(word);
}

static void tells_which_words_were_drawn(void **state) {
  struct one *one = *state;
  char *shown = show(one, DISGUISE_WRITTEN, "Unheard");
  buffer_clear(&one->shown);
  assert_true(disguise_add_drawn(one->disguise, &one->shown));
  json_t *drawn = json_loadb(one->shown.data, one->shown.size, 0, NULL);
  assert_string_equal(shown, json_string_value(json_array_get(drawn, json_array_size(drawn) - 1)));
  assert_false(disguise_add_drawn(one->disguise, &one->shown));
  json_decref(drawn);
  free(shown);
}

static void says_that_there_is_no_room(void **state) {
  struct one *one = *state;
  struct buffer small;
  buffer_init(&small, 4);
  assert_false(disguise_add(one->disguise, DISGUISE_WRITTEN, "hello there", 11, &small));
  buffer_release(&small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(keeps_the_shape_of_a_text, set_up, tear_down),
      cmocka_unit_test_setup_teardown(is_the_same_everywhere, set_up, tear_down),
      cmocka_unit_test_setup_teardown(keeps_what_the_scripts_hold, set_up, tear_down),
      cmocka_unit_test_setup_teardown(keeps_commands_and_not_what_follows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(replaces_long_numbers_only, set_up, tear_down),
      cmocka_unit_test_setup_teardown(repeats_a_text_as_it_was_written, set_up, tear_down),
      cmocka_unit_test_setup_teardown(hides_what_an_update_says_of_people, set_up, tear_down),
      cmocka_unit_test_setup_teardown(lets_buttons_be_pressed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(drops_secrets_with_texts_too, set_up, tear_down),
      cmocka_unit_test_setup_teardown(takes_anything, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tells_which_words_were_drawn, set_up, tear_down),
      cmocka_unit_test_setup_teardown(says_that_there_is_no_room, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
