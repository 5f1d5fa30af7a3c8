/* Signs the data that a Web App gets. The signature is HMAC-SHA256 of the fields in alphabetical order, keyed by HMAC-SHA256
 * of the token; see "Validating data received via the Mini App" in Telegram's documentation. */
#include "sandbox/model/web_app.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/glib_library.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/person.h"

#define DIGEST_SIZE 32

/* In hexadecimal digits. False: there is no GLib. */
static bool sign(const unsigned char *key, size_t key_size, const char *data, char hex[2 * DIGEST_SIZE + 1]) {
  const struct glib_library *glib = glib_library_open("Web Apps", NULL);
  if (!glib) return false;
  char *text = glib->compute_hmac_for_data(G_CHECKSUM_SHA256, key, key_size, (const unsigned char *)data, strlen(data));
  if (text) (void)snprintf(hex, 2 * DIGEST_SIZE + 1, "%s", text);
  glib->free(text);
  return text != NULL;
}

static void read_digest(const char *hex, unsigned char digest[DIGEST_SIZE]) {
  for (size_t i = 0; i < DIGEST_SIZE; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    digest[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
}

static void write_escaped(const char *text, struct buffer *buffer) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
  for (const char *at = text; *at; at++) {
    if (strchr(plain, *at))
      (void)buffer_add(buffer, at, 1, NULL);
    else
      (void)buffer_format(buffer, NULL, "%%%02X", (unsigned char)*at);
  }
}

/* Of the User object, a Web App sees all but that it is no bot, and that the bot may write to this person. */
static char *describe_user(const struct person *person) {
  struct buffer user;
  buffer_init(&user, JSON_WRITE_CEILING);
  (void)buffer_format(&user, NULL, "{\"id\":%lld,\"first_name\":", (long long)person->id);
  json_write_string(&user, person->first_name ? person->first_name : "", person->first_name ? strlen(person->first_name) : 0);
  json_write_member(&user, "last_name", person->last_name ? person->last_name : "");
  json_write_member(&user, "username", person->username);
  json_write_member(&user, "language_code", person->language);
  json_write_text(&user, ",\"allows_write_to_pm\":true}");
  return buffer_take(&user, NULL);
}

char *web_app_init_data(const struct bot *bot, const struct person *person, int64_t query_id, int64_t now) {
  char *user = describe_user(person), key[2 * DIGEST_SIZE + 1], hash[2 * DIGEST_SIZE + 1], query[32] = "";
  unsigned char secret[DIGEST_SIZE];
  struct buffer data;
  buffer_init(&data, JSON_WRITE_CEILING);
  if (query_id) (void)snprintf(query, sizeof query, "query_id=%lld\n", (long long)query_id);
  (void)buffer_format(&data, NULL, "auth_date=%lld\n%suser=%s", (long long)now, query, user);
  bool ok = sign((const unsigned char *)"WebAppData", 10, bot->token, key);
  if (ok) read_digest(key, secret);
  ok = ok && sign(secret, DIGEST_SIZE, data.data, hash);
  buffer_clear(&data);
  if (query_id) (void)buffer_format(&data, NULL, "query_id=%lld&", (long long)query_id);
  json_write_text(&data, "user=");
  write_escaped(user, &data);
  if (ok) (void)buffer_format(&data, NULL, "&auth_date=%lld&hash=%s", (long long)now, hash);
  free(user);
  char *text = buffer_take(&data, NULL);
  if (ok) return text;
  free(text);
  return NULL;
}
