/* Texts as Telegram reads them. */
#include "sandbox/model/entity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/loop.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"

static void assert_reads(const char *mode, const char *given, const char *text, const char *entities) {
  struct entity_text result = {0};
  struct error error = {0};
  bool ok = entity_read(NULL, given, strlen(given), mode, NULL, &result, &error);
  assert_string_equal(error.text, "");
  assert_true(ok);
  assert_string_equal(result.text, text);
  assert_string_equal(result.entities ? result.entities : "", entities);
  entity_release(&result);
}

static void assert_refuses(const char *mode, const char *given, const char *why) {
  struct entity_text result = {0};
  struct error error = {0};
  assert_false(entity_read(NULL, given, strlen(given), mode, NULL, &result, &error));
  assert_string_equal(error.text, why);
}

static void cleans_and_trims(void **state) {
  (void)state;
  assert_reads(NULL, " \n a\r\n\tb \n", "a\n b", "");
  assert_reads(NULL, " \t ", "", "");
  assert_refuses(NULL, "\xC3(", "strings must be encoded in UTF-8");
}

static void finds_commands_and_links_at_utf16_offsets(void **state) {
  (void)state;
  assert_reads(NULL, "/start x", "/start x", "[{\"offset\":0,\"length\":6,\"type\":\"bot_command\"}]");
  assert_reads(NULL, "🏆 /a@bot1 b/c", "🏆 /a@bot1 b/c", "[{\"offset\":3,\"length\":7,\"type\":\"bot_command\"}]");
  assert_reads(NULL, "я @anna_1", "я @anna_1", "[{\"offset\":2,\"length\":7,\"type\":\"mention\"}]");
  assert_reads(NULL, "see https://a.org/x?y.", "see https://a.org/x?y.", "[{\"offset\":4,\"length\":17,\"type\":\"url\"}]");
  assert_reads(NULL, "#луна a@b.ru t.me/x", "#луна a@b.ru t.me/x",
               "[{\"offset\":0,\"length\":5,\"type\":\"hashtag\"},{\"offset\":6,\"length\":6,\"type\":\"email\"},"
               "{\"offset\":13,\"length\":6,\"type\":\"url\"}]");
  assert_reads(NULL, "1/2 #1 a.b", "1/2 #1 a.b", "");
}

static void reads_html(void **state) {
  (void)state;
  assert_reads("HTML", "<b>aб</b>&lt;&#33;", "aб<!", "[{\"offset\":0,\"length\":2,\"type\":\"bold\"}]");
  assert_reads("html", "<a href=\"https://x.org/?a=1&amp;b=2\">x</a>", "x",
               "[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"https://x.org/?a=1&b=2\"}]");
  assert_reads("HTML", "<pre><code class=\"language-c\">/x</code></pre>", "/x",
               "[{\"offset\":0,\"length\":2,\"type\":\"pre\",\"language\":\"c\"}]");
  assert_reads("HTML", "<blockquote expandable>a</blockquote>", "a",
               "[{\"offset\":0,\"length\":1,\"type\":\"expandable_blockquote\"}]");
  assert_reads("HTML", "<tg-time unix='7' format='wD'>x</tg-time>", "x",
               "[{\"offset\":0,\"length\":1,\"type\":\"date_time\",\"unix_time\":7,\"date_time_format\":\"wD\"}]");
  assert_refuses("HTML", "a<x>", "can't parse entities: Unsupported start tag \"x\" at byte offset 1");
  assert_refuses("HTML", "<b", "can't parse entities: Unclosed start tag at byte offset 0");
  assert_refuses("HTML", "б</b>", "can't parse entities: Unexpected end tag at byte offset 2");
  assert_refuses("HTML", "<a>x</b>",
                 "can't parse entities: Unmatched end tag at byte offset 4, expected \"</a>\", found \"</b>\"");
  assert_refuses("HTML", "<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\"");
  assert_refuses("HTML", "&#xD800;",
                 "can't parse entities: Text contains invalid Unicode characters after decoding HTML entities, check for "
                 "unmatched surrogate code units");
}

static void reads_markdown2(void **state) {
  (void)state;
  assert_reads("MarkdownV2", "*a* _b_\\.", "a b.",
               "[{\"offset\":0,\"length\":1,\"type\":\"bold\"},{\"offset\":2,\"length\":1,\"type\":\"italic\"}]");
  assert_reads("markdownv2", "__u__ ||s|| ~d~ `c`", "u s d c",
               "[{\"offset\":0,\"length\":1,\"type\":\"underline\"},{\"offset\":2,\"length\":1,\"type\":\"spoiler\"},"
               "{\"offset\":4,\"length\":1,\"type\":\"strikethrough\"},{\"offset\":6,\"length\":1,\"type\":\"code\"}]");
  assert_reads("MarkdownV2", "[x](https://a.b)", "x",
               "[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"https://a.b/\"}]");
  assert_reads("MarkdownV2", ">a\n>b\nc", "a\nb\nc", "[{\"offset\":0,\"length\":4,\"type\":\"blockquote\"}]");
  assert_reads("MarkdownV2", "**>a||\r\nc", "a\nc", "[{\"offset\":0,\"length\":2,\"type\":\"expandable_blockquote\"}]");
  assert_refuses("MarkdownV2", "a.",
                 "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'");
  assert_refuses("MarkdownV2", "б *a", "can't parse entities: Can't find end of Bold entity at byte offset 3");
  assert_refuses("MarkdownV2", ">*a\nb*", "can't parse entities: Can't find end of Bold entity at byte offset 1");
  assert_refuses("MarkdownV2", "![x]", "can't parse entities: The entity must contain a tg://emoji or tg://time URL");
  assert_refuses("MarkdownV2", "\xC3(", "text must be encoded in UTF-8");
}

static void reads_markdown(void **state) {
  (void)state;
  assert_reads("Markdown", "*a* _b_ [x](http://y.z) \\_ .", "a b x _ .",
               "[{\"offset\":0,\"length\":1,\"type\":\"bold\"},{\"offset\":2,\"length\":1,\"type\":\"italic\"},"
               "{\"offset\":4,\"length\":1,\"type\":\"text_link\",\"url\":\"http://y.z/\"}]");
  assert_reads(
      "Markdown", "```lua\nx``` `y` [t.me]", "x y t.me",
      "[{\"offset\":0,\"length\":1,\"type\":\"pre\",\"language\":\"lua\"},{\"offset\":2,\"length\":1,\"type\":\"code\"},"
      "{\"offset\":4,\"length\":4,\"type\":\"text_link\",\"url\":\"http://t.me/\"}]");
  assert_refuses("Markdown", "a *b", "can't parse entities: Can't find end of the entity starting at byte offset 2");
  assert_refuses("Markup", "a", "unsupported parse_mode");
}

/* Bold and its like are split where another entity begins; no quote holds another, and nothing stands within code. */
static void splits_what_overlaps(void **state) {
  (void)state;
  assert_reads("HTML", "<b>a<i>б</i></b>", "aб",
               "[{\"offset\":0,\"length\":1,\"type\":\"bold\"},{\"offset\":1,\"length\":1,\"type\":\"bold\"},"
               "{\"offset\":1,\"length\":1,\"type\":\"italic\"}]");
  assert_reads("HTML", "<b><code>/x</code></b>", "/x", "[{\"offset\":0,\"length\":2,\"type\":\"code\"}]");
  assert_reads("HTML", "<b>t.me x</b>", "t.me x",
               "[{\"offset\":0,\"length\":4,\"type\":\"url\"},{\"offset\":0,\"length\":4,\"type\":\"bold\"},"
               "{\"offset\":4,\"length\":2,\"type\":\"bold\"}]");
}

static void knows_people_who_are_mentioned(void **state) {
  (void)state;
  struct loop *loop = loop_open(NULL);
  struct clock *clock = clock_open_manual(loop, 0);
  struct model *model = model_new(clock);
  person_add(model, 7, "Anna", NULL, NULL, NULL);
  struct entity_text result = {0};
  const char *text = "[x](tg://user?id=7) [y](tg://user?id=8)";
  assert_true(entity_read(model, text, strlen(text), "MarkdownV2", NULL, &result, NULL));
  assert_string_equal(result.text, "x y");
  assert_string_equal(result.entities,
                      "[{\"offset\":0,\"length\":1,\"type\":\"text_mention\",\"user\":{\"id\":7,\"is_bot\":false,"
                      "\"first_name\":\"Anna\"}}]");
  entity_release(&result);
  model_free(model);
  clock_close(clock);
  assert_true(loop_close(loop));
}

static void assert_given(const char *text, const char *given, const char *entities, const char *why) {
  struct entity_text result = {0};
  struct error error = {0};
  json_t *json = json_loads(given, 0, NULL);
  assert_non_null(json);
  assert_int_equal(entity_read(NULL, text, strlen(text), NULL, json, &result, &error), !*why);
  assert_string_equal(error.text, why);
  assert_string_equal(result.entities ? result.entities : "", entities);
  entity_release(&result);
  json_decref(json);
}

static void takes_given_entities(void **state) {
  (void)state;
  assert_given("a🏆b", "[{\"type\":\"bold\",\"offset\":1,\"length\":2}]", "[{\"offset\":1,\"length\":2,\"type\":\"bold\"}]",
               "");
  assert_given(" a ", "[{\"type\":\"bold\",\"offset\":0,\"length\":3}]", "[{\"offset\":0,\"length\":2,\"type\":\"bold\"}]", "");
  assert_given("abc",
               "[{\"type\":\"text_link\",\"offset\":0,\"length\":1,\"url\":\"T.me\"},{\"type\":\"url\",\"offset\":1,"
               "\"length\":1}]",
               "[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"http://t.me/\"}]", "");
  assert_given("a🏆b", "[{\"type\":\"bold\",\"offset\":2,\"length\":1}]", "",
               "entity begins in a middle of a UTF-16 symbol at byte offset 5");
  assert_given("a🏆b", "[{\"type\":\"bold\",\"offset\":0,\"length\":2}]", "",
               "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 5");
  assert_given("a", "[{\"type\":\"bold\",\"offset\":0,\"length\":2}]", "",
               "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 2");
  assert_given("a", "[{\"type\":\"bold\",\"offset\":3,\"length\":2}]", "",
               "entity begins after the end of the text at UTF-16 offset 3");
  assert_given("a", "[{\"type\":\"bold\",\"offset\":0,\"length\":9223372036854775807}]", "",
               "can't parse MessageEntity: Field \"length\" must be a valid Number");
  assert_given("a", "[{\"type\":\"bold\",\"offset\":-1,\"length\":1}]", "", "receive an entity with incorrect offset -1");
  assert_given("a", "[{\"type\":\"text_mention\",\"offset\":0,\"length\":1}]", "",
               "can't parse MessageEntity: Can't find field \"user\"");
  assert_given("a", "[{\"type\":\"text_link\",\"offset\":0,\"length\":1,\"url\":\"x\"}]", "",
               "entity URL 'x' is invalid: Wrong HTTP URL");
  assert_given("a", "[7]", "", "can't parse MessageEntity: expected an Object");
  assert_given("a", "[{\"offset\":0,\"length\":1,\"type\":\"big\"}]", "",
               "can't parse MessageEntity: Unsupported type specified");
}

static void finds_only_what_telegram_finds(void **state) {
  (void)state;
  assert_reads(NULL, "@abc @gif", "@abc @gif", "[{\"offset\":5,\"length\":4,\"type\":\"mention\"}]");
  assert_reads(NULL, "a.zz end.Then 1.2.3.4", "a.zz end.Then 1.2.3.4", "[{\"offset\":14,\"length\":7,\"type\":\"url\"}]");
  assert_reads(NULL, "президент.рф", "президент.рф", "[{\"offset\":0,\"length\":12,\"type\":\"url\"}]");
  assert_reads(NULL, "$ABC $toolong", "$ABC $toolong", "[{\"offset\":0,\"length\":4,\"type\":\"cashtag\"}]");
  assert_reads(NULL, "4111 1111 1111 1111", "4111 1111 1111 1111",
               "[{\"offset\":0,\"length\":19,\"type\":\"bank_card_number\"}]");
  assert_reads(NULL, "tg://resolve?domain=x", "tg://resolve?domain=x", "[{\"offset\":0,\"length\":21,\"type\":\"url\"}]");
  assert_reads(NULL, "нет@mention #тег", "нет@mention #тег", "[{\"offset\":12,\"length\":4,\"type\":\"hashtag\"}]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cleans_and_trims),
      cmocka_unit_test(finds_commands_and_links_at_utf16_offsets),
      cmocka_unit_test(reads_html),
      cmocka_unit_test(reads_markdown2),
      cmocka_unit_test(reads_markdown),
      cmocka_unit_test(splits_what_overlaps),
      cmocka_unit_test(knows_people_who_are_mentioned),
      cmocka_unit_test(takes_given_entities),
      cmocka_unit_test(finds_only_what_telegram_finds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
