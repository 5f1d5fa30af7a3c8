/* Cases of the official library's own tests, as data: one JSON object a line. Their folder is named by CONFORMANCE; where it is
 * not there, the test is skipped. Prints how many of them agree, and each that does not; those of `excused` need not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/entity_detect.h"
#include "sandbox/model/entity_given.h"
#include "sandbox/model/entity_list.h"
#include "sandbox/model/entity_url.h"
#include "sandbox/model/markup.h"

#define CEILING (1024 * 1024)

/* Texts of cases that are meant to differ, each with the reason. */
static const char *const excused[] = {NULL};

static const char *text_of(const json_t *object, const char *name) { return json_string_value(json_object_get(object, name)); }

/* ---- what is found ---- */

static json_t *found_of(const struct entity_list *list, const char *text, bool is_mail) {
  json_t *array = json_array();
  for (size_t i = 0; i < list->count; i++) {
    const struct entity *entity = &list->items[i];
    if ((entity->type == ENTITY_EMAIL) == is_mail)
      json_array_append_new(array, json_stringn(text + entity->offset, (size_t)entity->length));
  }
  return array;
}

static bool agrees_on_found(const json_t *one, void (*find)(const char *text, size_t size, struct entity_list *list)) {
  const char *text = text_of(one, "text");
  struct entity_list list = {0};
  find(text, strlen(text), &list);
  json_t *found = found_of(&list, text, false), *mails = found_of(&list, text, true);
  const json_t *expected_mails = json_object_get(one, "emails");
  bool agrees = json_equal(found, json_object_get(one, "found")) && (!expected_mails || json_equal(mails, expected_mails));
  if (!agrees) {
    char *dump = json_dumps(found, JSON_COMPACT);
    print_message("  found %s\n", dump);
    free(dump);
  }
  json_decref(found);
  json_decref(mails);
  entity_list_release(&list);
  return agrees;
}

/* ---- markup, and given entities ---- */

/* Only the members that the case names are compared. A mention is named by the person's id. */
static bool is_same(const json_t *expected, const struct entity *entity, const json_t *shown) {
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)expected, name, value) {
    bool is_user = strcmp(name, "user") == 0;
    if (is_user ? json_integer_value(value) != entity->user_id : !json_equal(value, json_object_get(shown, name))) return false;
  }
  return true;
}

static bool agrees_on_entities(const json_t *one, const struct entity_list *list, const struct buffer *text) {
  const json_t *expected = json_object_get(one, "entities");
  char *dump = entity_list_dump(list);
  json_t *shown = dump ? json_loads(dump, 0, NULL) : json_array();
  bool agrees = strcmp(text->data ? text->data : "", text_of(one, "result")) == 0 && json_array_size(expected) == list->count;
  for (size_t i = 0; agrees && i < list->count; i++)
    agrees = is_same(json_array_get(expected, i), &list->items[i], json_array_get(shown, i));
  if (!agrees) print_message("  read as \"%s\" %s\n", text->data ? text->data : "", dump ? dump : "[]");
  json_decref(shown);
  free(dump);
  return agrees;
}

static bool agrees_on_result(const json_t *one, bool ok, const struct error *error, const struct entity_list *list,
                             const struct buffer *text) {
  const char *expected = text_of(one, "error");
  if (expected) {
    bool agrees = !ok && (!*expected || strcmp(error->text, expected) == 0);
    if (!agrees) print_message("  error \"%s\"\n", error->text);
    return agrees;
  }
  if (!ok) print_message("  error \"%s\"\n", error->text);
  return ok && agrees_on_entities(one, list, text);
}

static bool agrees_on_markup(const json_t *one, bool (*read)(const char *text, size_t size, struct buffer *plain,
                                                             struct entity_list *list, struct error *error)) {
  const char *text = text_of(one, "text");
  struct entity_list list = {0};
  struct error error = {0};
  struct buffer plain;
  buffer_init(&plain, CEILING);
  bool ok = read(text, strlen(text), &plain, &list, &error);
  bool agrees = agrees_on_result(one, ok, &error, &list, &plain);
  entity_list_release(&list);
  buffer_release(&plain);
  return agrees;
}

/* An empty text is an error of the caller's, who alone knows whether there must be one. */
static bool agrees_on_given(const json_t *one) {
  const char *text = text_of(one, "text");
  unsigned rules = json_integer_value(json_object_get(one, "skip_trim")) ? ENTITY_KEEPS_BLANKS : 0;
  if (json_integer_value(json_object_get(one, "skip_new"))) rules |= ENTITY_FINDS_NOTHING;
  struct entity_list list = {0};
  struct error error = {0};
  struct buffer plain;
  buffer_init(&plain, CEILING);
  bool ok = buffer_add_text(&plain, text, &error) && entity_given_read(json_object_get(one, "given"), &list, &error) &&
            entity_settle(&plain, &list, rules, &error);
  if (ok && !plain.size && text_of(one, "error")) ok = error_set(&error, ERROR_INPUT, "text must be non-empty");
  bool agrees = agrees_on_result(one, ok, &error, &list, &plain);
  entity_list_release(&list);
  buffer_release(&plain);
  return agrees;
}

/* ---- all cases ---- */

static bool agrees(const json_t *one) {
  const char *kind = text_of(one, "kind");
  if (strcmp(kind, "mention") == 0) return agrees_on_found(one, entity_detect_mentions);
  if (strcmp(kind, "bot_command") == 0) return agrees_on_found(one, entity_detect_commands);
  if (strcmp(kind, "hashtag") == 0) return agrees_on_found(one, entity_detect_hashtags);
  if (strcmp(kind, "cashtag") == 0) return agrees_on_found(one, entity_detect_cashtags);
  if (strcmp(kind, "url") == 0) return agrees_on_found(one, entity_url_find);
  if (strcmp(kind, "html") == 0) return agrees_on_markup(one, markup_read_html);
  if (strcmp(kind, "md2") == 0) return agrees_on_markup(one, markup_read_markdown2);
  assert_string_equal(kind, "fix");
  return agrees_on_given(one);
}

static bool is_excused(const json_t *one) {
  for (size_t i = 0; excused[i]; i++) {
    if (strcmp(excused[i], text_of(one, "text")) == 0) return true;
  }
  return false;
}

static void agrees_with_the_official_library(void **state) {
  (void)state;
  const char *folder = getenv("CONFORMANCE");
  char path[1024];
  (void)snprintf(path, sizeof path, "%s/entity-cases.jsonl", folder ? folder : "../shared/conformance");
  FILE *file = fopen(path, "r");
  if (!file) {
    print_message("%s is not there\n", path);
    skip();
  }
  size_t count = 0, agreeing = 0, wrong = 0;
  json_t *one;
  while ((one = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL))) {
    bool ok = agrees(one);
    count++;
    agreeing += ok;
    if (!ok) print_message("differs: %s \"%s\"\n", text_of(one, "kind"), text_of(one, "text"));
    if (!ok && !is_excused(one)) wrong++;
    json_decref(one);
  }
  (void)fclose(file);
  print_message("entity cases: %zu of %zu agree\n", agreeing, count);
  assert_true(count > 0);
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_the_official_library)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
