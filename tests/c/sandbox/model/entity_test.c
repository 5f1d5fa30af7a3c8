/* Texts as Telegram reads them. */
#include "sandbox/model/entity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/error.h"

static void assert_reads(const char *mode, const char *given, const char *text, const char *entities) {
  struct entity_text result = {0};
  struct error error = {0};
  bool ok = entity_read(given, strlen(given), mode, NULL, &result, &error);
  assert_string_equal(error.text, "");
  assert_true(ok);
  assert_string_equal(result.text, text);
  assert_string_equal(result.entities ? result.entities : "", entities);
  entity_release(&result);
}

static void assert_refuses(const char *mode, const char *given, const char *why) {
  struct entity_text result = {0};
  struct error error = {0};
  assert_false(entity_read(given, strlen(given), mode, NULL, &result, &error));
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
  assert_reads("HTML", "<b>a<i>б</i></b>&lt;&#33;", "aб<!",
               "[{\"offset\":0,\"length\":2,\"type\":\"bold\"},{\"offset\":1,\"length\":1,\"type\":\"italic\"}]");
  assert_reads("html", "<a href=\"https://x.org/?a=1\">x</a>", "x",
               "[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"https://x.org/?a=1\"}]");
  assert_reads("HTML", "<pre><code class=\"language-c\">/x</code></pre>", "/x",
               "[{\"offset\":0,\"length\":2,\"type\":\"pre\",\"language\":\"c\"}]");
  assert_refuses("HTML", "a<x>", "can't parse entities: Unsupported start tag \"x\" at byte offset 1");
  assert_refuses("HTML", "<b", "can't parse entities: Unclosed start tag at byte offset 0");
  assert_refuses("HTML", "б</b>", "can't parse entities: Unexpected end tag at byte offset 2");
  assert_refuses("HTML", "<a>x</b>",
                 "can't parse entities: Unmatched end tag at byte offset 4, expected \"</a>\", found \"</b>\"");
  assert_refuses("HTML", "<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\"");
}

static void reads_markdown2(void **state) {
  (void)state;
  assert_reads("MarkdownV2", "*a _b_*\\.", "a b.",
               "[{\"offset\":0,\"length\":3,\"type\":\"bold\"},{\"offset\":2,\"length\":1,\"type\":\"italic\"}]");
  assert_reads("markdownv2", "__u__ ||s|| ~d~ `c`", "u s d c",
               "[{\"offset\":0,\"length\":1,\"type\":\"underline\"},{\"offset\":2,\"length\":1,\"type\":\"spoiler\"},"
               "{\"offset\":4,\"length\":1,\"type\":\"strikethrough\"},{\"offset\":6,\"length\":1,\"type\":\"code\"}]");
  assert_reads("MarkdownV2", "[x](https://a.b)", "x",
               "[{\"offset\":0,\"length\":1,\"type\":\"text_link\",\"url\":\"https://a.b\"}]");
  assert_reads("MarkdownV2", ">a\n>b\nc", "a\nb\nc", "[{\"offset\":0,\"length\":4,\"type\":\"blockquote\"}]");
  assert_refuses("MarkdownV2", "a.",
                 "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'");
  assert_refuses("MarkdownV2", "б *a", "can't parse entities: Can't find end of Bold entity at byte offset 3");
}

static void reads_markdown(void **state) {
  (void)state;
  assert_reads("Markdown", "*a* _b_ [x](http://y.z) \\_ .", "a b x _ .",
               "[{\"offset\":0,\"length\":1,\"type\":\"bold\"},{\"offset\":2,\"length\":1,\"type\":\"italic\"},"
               "{\"offset\":4,\"length\":1,\"type\":\"text_link\",\"url\":\"http://y.z\"}]");
  assert_refuses("Markdown", "a *b", "can't parse entities: Can't find end of the entity starting at byte offset 2");
  assert_refuses("Markup", "a", "unsupported parse_mode");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cleans_and_trims), cmocka_unit_test(finds_commands_and_links_at_utf16_offsets),
      cmocka_unit_test(reads_html),       cmocka_unit_test(reads_markdown2),
      cmocka_unit_test(reads_markdown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
