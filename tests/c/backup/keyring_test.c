/* Keys of a file: which lines are keys, which key encrypts, and which decrypts. */
#include "backup/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/error.h"
#include "common/log.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define OTHER "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA"

static char path[64];
static char logged[1000];

static void keep_line(const char *line, size_t size, void *data) {
  (void)data;
  (void)snprintf(logged, sizeof logged, "%.*s", (int)size, line);
}

static void write_file(const char *text) {
  FILE *file = fopen(path, "w");
  assert_true(file && fputs(text, file) >= 0 && fclose(file) == 0);
  assert_int_equal(chmod(path, 0600), 0);
}

static int set_up(void **state) {
  (void)state;
  (void)snprintf(path, sizeof path, "/tmp/keyring_test.XXXXXX");
  int file = mkstemp(path);
  logged[0] = '\0';
  log_divert(keep_line, NULL);
  return file >= 0 ? close(file) : -1;
}

static int tear_down(void **state) {
  (void)state;
  log_divert(NULL, NULL);
  return unlink(path);
}

static struct keyring *open_keys(const char *text) {
  struct error error = {0};
  write_file(text);
  struct keyring *keyring = keyring_open(path, &error);
  assert_string_equal(error.text, "");
  assert_non_null(keyring);
  return keyring;
}

static struct key_name name_of_first(struct keyring *keyring) {
  struct error error = {0};
  struct keyring_key *key = keyring_first(keyring, &error);
  assert_string_equal(error.text, "");
  struct key_name name = key->name;
  keyring_drop(key);
  return name;
}

static void assert_opens(struct keyring *keyring, const struct key_name *name) {
  struct error error = {0};
  struct keyring_key *key = keyring_find(keyring, name, &error);
  assert_string_equal(error.text, "");
  assert_memory_equal(&key->name, name, sizeof *name);
  keyring_drop(key);
}

static void assert_lacks(struct keyring *keyring, const struct key_name *name, const char *words) {
  struct error error = {0};
  assert_null(keyring_find(keyring, name, &error));
  assert_int_equal(error.kind, ERROR_INPUT);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

static void assert_refused(const char *text, const char *words) {
  struct error error = {0};
  write_file(text);
  assert_null(keyring_open(path, &error));
  assert_int_equal(error.kind, ERROR_MISUSE);
  if (!strstr(error.text, words)) fail_msg("'%s' does not say '%s'", error.text, words);
}

static void a_key_may_be_hex_or_base64(void **state) {
  (void)state;
  struct keyring *hex = open_keys("  " HEX "\r\n"), *base64 = open_keys("# of today\n\n" BASE64);
  struct key_name name = name_of_first(hex);
  assert_int_equal(strlen(name.id), KEYRING_ID_SIZE - 1);
  assert_false(name.is_stretched);
  assert_opens(base64, &name);
  keyring_close(hex);
  keyring_close(base64);
}

static void a_line_that_is_made_is_a_key_and_never_the_same(void **state) {
  (void)state;
  char line[KEYRING_LINE_SIZE], other[KEYRING_LINE_SIZE];
  assert_true(keyring_make_line(line, NULL) && keyring_make_line(other, NULL));
  assert_string_not_equal(line, other);
  struct keyring *keyring = open_keys(line);
  keyring_close(keyring);
}

static void the_first_encrypts_and_all_decrypt(void **state) {
  (void)state;
  struct keyring *old = open_keys(OTHER), *both = open_keys(BASE64 "\n" OTHER "\n"), *new = open_keys(HEX);
  struct key_name old_name = name_of_first(old), new_name = name_of_first(new), first = name_of_first(both);
  assert_string_not_equal(old_name.id, new_name.id);
  assert_string_equal(first.id, new_name.id);
  assert_opens(both, &old_name);
  assert_opens(both, &new_name);
  assert_lacks(new, &old_name, "which is none of the 1 in /tmp/keyring_test.");
  assert_lacks(NULL, &old_name, "and no key was given: --backup-key FILE");
  keyring_close(old);
  keyring_close(both);
  keyring_close(new);
}

static void what_is_no_key_is_told_with_its_line_and_never_shown(void **state) {
  (void)state;
  static const struct {
    const char *text, *words;
  } rows[] = {{"", "holds no key of the backup: make one with: lunokhod backup key > FILE"},
              {"# only this\n\n", "holds no key"},
              {BASE64 "\nc2hvcnQ=", ": this key has 5 bytes, too short for one of 32"},
              {HEX "00", "this key has 33 bytes, too long for one of 32"},
              {"correct horse", "this is no key, which is 32 bytes as base64 or hex"},
              {"passphrase: correct h", "this passphrase is too short: take at least 12 characters"},
              {"passphrase:", "too short"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_refused(rows[i].text, rows[i].words);
  struct error error = {0};
  write_file(BASE64 "\nc2hvcnQ=");
  assert_null(keyring_open(path, &error));
  assert_non_null(strstr(error.text, "line 2 of /tmp/"));
  assert_null(strstr(error.text, "c2hv"));
}

static void too_much_is_refused(void **state) {
  (void)state;
  char *text = malloc(9000);
  assert_non_null(text);
  text[0] = '\0';
  for (int i = 0; i < 17; i++) (void)strncat(text, BASE64 "\n", 50);
  assert_refused(text, "holds more than 16 keys");
  memset(text, '#', 8999);
  text[8999] = '\0';
  assert_refused(text, "is too large for a file of keys");
  (void)snprintf(text, 300, "passphrase: %0270d", 7);
  assert_refused(text, "more than 256 bytes");
  free(text);
}

static void a_file_that_others_may_read_is_warned_of(void **state) {
  (void)state;
  struct error error = {0};
  write_file(HEX);
  assert_int_equal(chmod(path, 0640), 0); /* a group is made on purpose */
  struct keyring *keyring = keyring_open(path, &error);
  keyring_close(keyring);
  assert_string_equal(logged, "");
  assert_int_equal(chmod(path, 0644), 0);
  keyring = keyring_open(path, &error);
  keyring_close(keyring);
  assert_non_null(strstr(logged, "chmod 600"));
}

static void a_passphrase_makes_one_key_a_salt(void **state) {
  (void)state;
  struct keyring *one = open_keys("passphrase: correct horse battery"), *other = open_keys("passphrase:correct horse battery ");
  struct key_name name = name_of_first(one), again = name_of_first(one), different = name_of_first(other);
  assert_true(name.is_stretched && name.passes > 0 && name.memory_kb > 0);
  assert_memory_equal(&name, &again, sizeof name);
  assert_string_not_equal(name.id, different.id); /* the salt is another one */
  assert_opens(other, &name);
  assert_opens(one, &different);
  keyring_close(other);
  other = open_keys("passphrase: correct horse batteru");
  assert_lacks(other, &name, "encrypted with a passphrase, whose key is ");
  keyring_close(one);
  keyring_close(other);
}

/* A restart reads the last backup first. */
static void a_restart_encrypts_with_the_salt_that_it_has_read(void **state) {
  (void)state;
  struct keyring *before = open_keys("passphrase: correct horse battery");
  struct key_name name = name_of_first(before);
  keyring_close(before);
  struct keyring *after = open_keys("passphrase: correct horse battery");
  assert_opens(after, &name);
  struct key_name again = name_of_first(after);
  assert_memory_equal(&name, &again, sizeof name);
  struct key_name weak = name; /* somebody wants it to be guessed easily: no key has that id, so it is not taken */
  weak.passes = 1;
  weak.memory_kb = 8;
  assert_lacks(after, &weak, "none of the 1");
  again = name_of_first(after);
  assert_memory_equal(&name, &again, sizeof name);
  keyring_close(after);
}

static void parameters_that_would_take_for_ever_are_refused(void **state) {
  (void)state;
  struct keyring *keyring = open_keys("passphrase: correct horse battery");
  struct key_name name = {.id = "0123456789abcdef", .is_stretched = true, .memory_kb = 300 << 10, .passes = 3};
  assert_lacks(keyring, &name, "would take 300 MB and 3 passes");
  name.memory_kb = 1024;
  name.passes = 17;
  assert_lacks(keyring, &name, "would take 1 MB and 17 passes");
  keyring_close(keyring);
}

static void many_salts_leave_the_first_in_place(void **state) {
  (void)state;
  struct keyring *keyring = open_keys("passphrase: correct horse battery");
  struct key_name first = name_of_first(keyring);
  for (int i = 0; i < 12; i++) {
    struct keyring *other = open_keys("passphrase: correct horse battery");
    struct key_name name = name_of_first(other);
    assert_opens(keyring, &name);
    keyring_close(other);
  }
  struct key_name again = name_of_first(keyring);
  assert_memory_equal(&first, &again, sizeof first);
  keyring_close(keyring);
}

static void a_renewal_takes_other_keys_or_none(void **state) {
  (void)state;
  struct error error = {0};
  bool is_new = true;
  struct keyring *keyring = open_keys("passphrase: correct horse battery");
  struct key_name old = name_of_first(keyring);
  assert_int_equal(keyring_generation(keyring), 1);
  assert_true(keyring_renew(keyring, &is_new, &error));
  assert_false(is_new);
  write_file("passphrase: correct horse battery\n" HEX);
  assert_true(keyring_renew(keyring, &is_new, &error));
  assert_true(is_new);
  assert_int_equal(keyring_generation(keyring), 1); /* the same one encrypts */
  struct key_name same = name_of_first(keyring);
  assert_memory_equal(&old, &same, sizeof old); /* and is not made anew */
  write_file(HEX "\npassphrase: correct horse battery\n");
  assert_true(keyring_renew(keyring, &is_new, &error));
  assert_true(is_new);
  assert_int_equal(keyring_generation(keyring), 2);
  assert_opens(keyring, &old);
  write_file("nonsense");
  assert_false(keyring_renew(keyring, &is_new, &error));
  assert_false(is_new);
  assert_int_equal(error.kind, ERROR_MISUSE);
  assert_opens(keyring, &old);
  assert_int_equal(keyring_generation(keyring), 2);
  assert_int_equal(keyring_generation(NULL), 0);
  keyring_close(keyring);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_key_may_be_hex_or_base64, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_line_that_is_made_is_a_key_and_never_the_same, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_first_encrypts_and_all_decrypt, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_no_key_is_told_with_its_line_and_never_shown, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_much_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_file_that_others_may_read_is_warned_of, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_passphrase_makes_one_key_a_salt, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_restart_encrypts_with_the_salt_that_it_has_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parameters_that_would_take_for_ever_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(many_salts_leave_the_first_in_place, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_renewal_takes_other_keys_or_none, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
