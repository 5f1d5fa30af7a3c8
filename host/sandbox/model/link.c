#include "sandbox/model/link.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/character.h"
#include "common/error.h"
#include "sandbox/model/json_write.h"

/* ---- checking ---- */

struct slice {
  const char *data;
  size_t size;
};

/* A link in its parts; all borrowed. */
struct url {
  bool is_https, has_scheme, is_ipv6;
  struct slice user, host, rest; /* rest: from the first of "/?#" on */
  unsigned port;                 /* 0: none is named */
};

static bool starts_with(struct slice text, const char *beginning) {
  size_t size = strlen(beginning);
  return text.size >= size && strncasecmp(text.data, beginning, size) == 0;
}

static struct slice without(struct slice text, size_t size) { return (struct slice){text.data + size, text.size - size}; }

static size_t find_one_of(struct slice text, const char *characters) {
  size_t at = 0;
  while (at < text.size && (!text.data[at] || !strchr(characters, text.data[at]))) at++;
  return at;
}

/* The characters that the RFCs allow in a host or a user's name, and all beyond ASCII. */
static bool check_part(struct slice part, const char *name, bool allows_colon, struct error *error) {
  for (size_t i = 0; i < part.size; i++) {
    char c = part.data[i];
    if (character_is_alphanumeric(c) || (unsigned char)c >= 0x80 || (c && strchr(".-_!$,~*'();&+=", c)) ||
        (allows_colon && c == ':'))
      continue;
    if (c != '%') return error_set(error, ERROR_INPUT, "Disallowed character in URL %s", name);
    bool is_code = i + 2 < part.size && isxdigit((unsigned char)part.data[i + 1]) && isxdigit((unsigned char)part.data[i + 2]);
    if (!is_code) return error_set(error, ERROR_INPUT, "Wrong percent-encoded symbol in URL %s", name);
    i += 2;
  }
  return true;
}

static bool check_ipv6(struct slice host, struct error *error) {
  char text[INET6_ADDRSTRLEN];
  struct in6_addr address;
  size_t size = host.size - 2;
  if (size >= sizeof text) return error_set(error, ERROR_INPUT, "Wrong IPv6 address specified in the URL");
  memcpy(text, host.data + 1, size);
  text[size] = '\0';
  return inet_pton(AF_INET6, text, &address) == 1 || error_set(error, ERROR_INPUT, "Wrong IPv6 address specified in the URL");
}

static bool read_port(struct slice *host, struct url *url, struct error *error) {
  size_t colon = host->size;
  while (colon > 1 && !strchr(":]@", host->data[colon - 1])) colon--;
  if (colon <= 1 || host->data[colon - 1] != ':') return true;
  unsigned long port = 0;
  for (size_t i = colon; i < host->size; i++) {
    if (!isdigit((unsigned char)host->data[i])) port = 65536;
    if (port < 65536) port = port * 10 + (unsigned long)(host->data[i] - '0');
  }
  if (!port || port > 65535) return error_set(error, ERROR_INPUT, "Wrong port number specified in the URL");
  url->port = (unsigned)port;
  host->size = colon - 1;
  return true;
}

static bool read_url(struct slice link, struct url *url, struct error *error) {
  size_t scheme = find_one_of(link, ":/?#@[]");
  *url = (struct url){0};
  if (starts_with(without(link, scheme), "://")) {
    url->has_scheme = true;
    url->is_https = scheme == 5 && starts_with(link, "https");
    if (!url->is_https && !(scheme == 4 && starts_with(link, "http")))
      return error_set(error, ERROR_INPUT, "Unsupported URL protocol");
    link = without(link, scheme + 3);
  }
  struct slice host = {link.data, find_one_of(link, "/?#")};
  url->rest = without(link, host.size);
  if (!read_port(&host, url, error)) return false;
  size_t at = host.size;
  while (at && host.data[at - 1] != '@') at--;
  url->user = (struct slice){host.data, at ? at - 1 : 0};
  url->host = without(host, at);
  if (!url->host.size) return error_set(error, ERROR_INPUT, "URL host is empty");
  if (url->host.size == 1 && *url->host.data == '.') return error_set(error, ERROR_INPUT, "Host is invalid");
  url->is_ipv6 = url->host.size > 2 && url->host.data[0] == '[' && url->host.data[url->host.size - 1] == ']';
  if (url->is_ipv6) return check_ipv6(url->host, error);
  return check_part(url->host, "host", false, error) && check_part(url->user, "userinfo", true, error);
}

static void write_lower(struct buffer *to, struct slice text) {
  for (size_t i = 0; i < text.size; i++) {
    char c = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] + 32) : text.data[i];
    (void)buffer_add(to, &c, 1, NULL);
  }
}

/* The path, query and fragment: there is at least a slash; blanks and control characters are percent-encoded. */
static void write_rest(struct buffer *to, struct slice rest, bool has_slash) {
  while (rest.size && character_is_blank(rest.data[rest.size - 1])) rest.size--;
  if (has_slash && (!rest.size || *rest.data != '/')) json_write_text(to, "/");
  for (size_t i = 0; i < rest.size; i++) {
    if ((unsigned char)rest.data[i] <= 0x20)
      (void)buffer_format(to, NULL, "%%%02X", (unsigned)rest.data[i]);
    else
      (void)buffer_add(to, rest.data + i, 1, NULL);
  }
}

/* A link of Telegram's own schemes: no user, no port, a plain host. */
static bool check_own(struct slice link, const char *scheme, struct buffer *checked, struct error *error) {
  struct url url;
  if (!read_url(link, &url, error)) return false;
  if (url.has_scheme || url.user.size || url.port || url.is_ipv6)
    return error_set(error, ERROR_INPUT, "Wrong %s URL", strcmp(scheme, "tg") == 0 ? "tg" : "ton");
  for (size_t i = 0; i < url.host.size; i++) {
    char c = url.host.data[i];
    bool is_allowed = character_is_alphanumeric(c) || c == '-' || c == '_' || (c == '.' && strcmp(scheme, "tonsite") == 0);
    if (!is_allowed) return error_set(error, ERROR_INPUT, "Unallowed characters in URL host");
  }
  json_write_text(checked, scheme);
  json_write_text(checked, "://");
  write_lower(checked, url.host);
  if (starts_with(url.rest, "/?")) url.rest = without(url.rest, 1);
  write_rest(checked, url.rest, !url.rest.size || *url.rest.data != '?');
  return true;
}

bool link_check(const char *data, size_t size, bool https_only, struct buffer *checked, struct error *error) {
  static const char *const schemes[] = {"tg", "ton", "tonsite"};
  struct slice link = {data, size};
  struct url url;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    size_t length = strlen(schemes[i]);
    if (!starts_with(link, schemes[i]) || size == length || data[length] != ':') continue;
    if (https_only) return error_set(error, ERROR_INPUT, "Only HTTPS links are allowed");
    link = without(link, length + 1);
    return check_own(starts_with(link, "//") ? without(link, 2) : link, schemes[i], checked, error);
  }
  if (!read_url(link, &url, error)) return false;
  if (https_only && !url.is_https) return error_set(error, ERROR_INPUT, "Only HTTPS links are allowed");
  if (!memchr(url.host.data, '.', url.host.size) && !url.is_ipv6) return error_set(error, ERROR_INPUT, "Wrong HTTP URL");
  json_write_text(checked, url.is_https ? "https://" : "http://");
  if (url.user.size) (void)buffer_format(checked, NULL, "%.*s@", (int)url.user.size, url.user.data);
  write_lower(checked, url.host);
  if (url.port) (void)buffer_format(checked, NULL, ":%u", url.port);
  write_rest(checked, url.rest, true);
  return true;
}

/* ---- tg: links with parameters ---- */

/* The parameters of tg://HOST?PARAMETERS. data NULL: it is no such link. */
static struct slice parameters_of(const char *data, size_t size, const char *host) {
  struct slice link = {data, size};
  if (!starts_with(link, "tg:")) return (struct slice){0};
  link = without(link, 3);
  if (starts_with(link, "//")) link = without(link, 2);
  if (!starts_with(link, host)) return (struct slice){0};
  link = without(link, strlen(host));
  if (starts_with(link, "/")) link = without(link, 1);
  if (!starts_with(link, "?")) return (struct slice){0};
  link = without(link, 1);
  link.size = find_one_of(link, "#");
  return link;
}

static struct slice parameter(struct slice parameters, const char *name) {
  size_t length = strlen(name);
  while (parameters.size) {
    struct slice one = {parameters.data, find_one_of(parameters, "&")};
    if (one.size > length && strncmp(one.data, name, length) == 0 && one.data[length] == '=') return without(one, length + 1);
    parameters = without(parameters, one.size < parameters.size ? one.size + 1 : one.size);
  }
  return (struct slice){0};
}

/* 0: it is no number as a program writes it, or too large. */
static int64_t number_of(struct slice text) {
  int64_t number = 0;
  if (!text.size || text.size > 19 || *text.data == '0') return 0;
  for (size_t i = 0; i < text.size; i++) {
    if (!isdigit((unsigned char)text.data[i])) return 0;
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, text.data[i] - '0', &number)) return 0;
  }
  return number;
}

int64_t link_user_id(const char *link, size_t size) { return number_of(parameter(parameters_of(link, size, "user"), "id")); }

int64_t link_emoji_id(const char *link, size_t size) { return number_of(parameter(parameters_of(link, size, "emoji"), "id")); }

char *link_date(const char *link, size_t size) {
  struct slice parameters = parameters_of(link, size, "time"), format = parameter(parameters, "format");
  int64_t unix_time = number_of(parameter(parameters, "unix"));
  if (unix_time <= 0 || unix_time > INT32_MAX) return NULL;
  return link_date_members((int32_t)unix_time, format.data, format.size);
}

char *link_date_members(int32_t unix_time, const char *format, size_t size) {
  char shown[8] = "", weekday = 0, date = 0, time = 0;
  bool is_relative = size == 1 && (*format == 'r' || *format == 'R');
  for (size_t i = 0; i < size && !is_relative; i++) {
    char c = format[i];
    if (c == 'w' || c == 'W')
      weekday = 'w';
    else if (c == 'd' || c == 'D')
      date = date == 'd' ? 'd' : c; /* the short form wins */
    else if (c == 't' || c == 'T')
      time = time == 't' ? 't' : c;
    else
      return NULL;
  }
  char letters[] = {is_relative ? 'r' : weekday, date, time};
  for (size_t i = 0, n = 0; i < sizeof letters; i++) {
    if (letters[i]) shown[n++] = letters[i];
  }
  struct buffer members;
  buffer_init(&members, JSON_WRITE_CEILING);
  (void)buffer_format(&members, NULL, ",\"unix_time\":%d,\"date_time_format\":\"%s\"", (int)unix_time, shown);
  return buffer_take(&members, NULL);
}
