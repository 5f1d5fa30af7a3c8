/* Methods about webhooks. Telegram takes only HTTPS on a few ports; for an address of this machine, where tests are, the
 * sandbox takes all that a Bot API server of one's own takes. */
#define _GNU_SOURCE /* memrchr */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/memory.h"
#include "net/address.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/webhook.h"

#define SECRET_MAX 256
#define CERTIFICATE_MAX (3 * 1024 * 1024)
#define CONNECTIONS 40 /* by default */
#define CONNECTIONS_MAX 100

/* ---- the URL ---- */

/* With a scheme, which Telegram does not insist on. Given: free(). */
static char *complete(const char *url) {
  if (strstr(url, "://")) return memory_copy_text(url);
  size_t size = strlen(url) + 9;
  char *full = memory_new(size);
  (void)snprintf(full, size, "https://%s", url);
  return full;
}

static int port_of(const char *url) {
  const char *host = strstr(url, "://") + 3, *end = host + strcspn(host, "/?#");
  const char *colon = memrchr(host, ':', (size_t)(end - host)), *bracket = memchr(host, ']', (size_t)(end - host));
  bool has_port = colon && (!bracket || colon > bracket);
  return has_port ? (int)strtol(colon + 1, NULL, 10) : strncasecmp(url, "http:", 5) == 0 ? 80 : 443;
}

/* The address by which the webhook is to be reached, if it is known without asking for a name. */
static bool check_address(struct call *call, const char *url) {
  const char *host = strstr(url, "://") + 3, *given = call_text(call, "ip_address");
  struct sockaddr_storage address;
  char text[64];
  (void)snprintf(text, sizeof text, "%.*s", given ? 63 : (int)strcspn(host, ":/?#"), given ? given : host);
  bool is_address = address_parse(text, &address);
  if (given && !is_address) return call_fail(call, 400, "Bad Request: bad webhook: Invalid IP address specified");
  if (!is_address || address_is_public((struct sockaddr *)&address)) return true;
  return call_fail(call, 400, "Bad Request: bad webhook: IP address %s is reserved", text);
}

static bool check_url(struct call *call, const char *url) {
  const char *host = strstr(url, "://") + 3;
  bool is_http = strncasecmp(url, "http://", 7) == 0, is_https = strncasecmp(url, "https://", 8) == 0;
  if ((!is_http && !is_https) || !*host || strchr("/?#", *host) || strpbrk(url, " \t\r\n"))
    return call_fail(call, 400, "Bad Request: invalid webhook URL specified");
  if (webhook_is_local(url)) return true;
  if (!is_https) return call_fail(call, 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook");
  int port = port_of(url);
  if (port != 443 && port != 80 && port != 88 && port != 8443)
    return call_fail(call, 400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443");
  return check_address(call, url);
}

static bool check_rest(struct call *call, const char *secret) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const struct server_parameter *certificate = call_find(call, "certificate");
  if (secret && strlen(secret) > SECRET_MAX) return call_fail(call, 400, "Bad Request: secret token is too long");
  if (secret && secret[strspn(secret, allowed)])
    return call_fail(call, 400, "Bad Request: secret token contains unallowed characters");
  if (certificate && certificate->file_name && certificate->size > CERTIFICATE_MAX)
    return call_fail(call, 400, "Bad Request: certificate size is too big (%zu bytes)", certificate->size);
  return true;
}

/* ---- the methods ---- */

static bool delete_webhook(struct call *call) {
  struct bot *bot = call->bot;
  call->description = bot->webhook.url ? "Webhook was deleted" : "Webhook is already deleted";
  if (call_flag(call, "drop_pending_updates")) queue_clear(bot->queue);
  webhook_set(&bot->webhook, NULL, NULL, NULL, 0);
  model_touch(call->model);
  return call_true(call);
}

static void set(struct call *call, const char *url, const char *secret) {
  struct bot *bot = call->bot;
  const struct server_parameter *certificate = call_find(call, "certificate");
  const char *address = call_text(call, "ip_address");
  int connections = (int)call_range(call, "max_connections", CONNECTIONS, 1, CONNECTIONS_MAX);
  bool is_dropping = call_flag(call, "drop_pending_updates"), has_certificate = certificate && certificate->file_name;
  if (is_dropping) queue_clear(bot->queue);
  bool is_same = webhook_is_same(&bot->webhook, url, secret, address, connections) && !has_certificate && !is_dropping;
  call->description = is_same ? "Webhook is already set" : "Webhook was set";
  if (is_same) return;
  webhook_set(&bot->webhook, url, secret, address, connections);
  bot->webhook.has_certificate = has_certificate;
  queue_interrupt(bot->queue);
}

/* Telegram lets a bot set a webhook once a second, whether it succeeds or not. */
static bool check_pace(struct call *call) {
  int64_t now = clock_now(call->model->clock), since = now - call->bot->set_webhook_at;
  if (since >= 0 && since < 1000) {
    call->retry_after = 1;
    return call_fail(call, 429, "Too Many Requests: retry after 1");
  }
  call->bot->set_webhook_at = now;
  return true;
}

static bool set_webhook(struct call *call) {
  const char *given = call_text(call, "url"), *secret = call_text(call, "secret_token");
  bool is_bad;
  if (!given) return delete_webhook(call);
  if (call->is_limited && !check_pace(call)) return false;
  char *url = complete(given);
  bool ok = check_url(call, url) && check_rest(call, secret);
  if (ok) {
    json_t *allowed = call_json(call, "allowed_updates", &is_bad);
    queue_allow(call->bot->queue, allowed);
    json_decref(allowed);
    set(call, url, secret);
    model_touch(call->model);
  }
  free(url);
  return ok && call_true(call);
}

static bool get_webhook_info(struct call *call) {
  const struct webhook *webhook = &call->bot->webhook;
  struct buffer *answer = &call->answer;
  unsigned pending = queue_pending(call->bot->queue, model_now(call->model));
  const char *url = webhook->url ? webhook->url : "", *address = webhook->address;
  json_write_text(answer, "{\"url\":");
  json_write_string(answer, url, strlen(url));
  (void)buffer_format(answer, NULL, ",\"has_custom_certificate\":%s,\"pending_update_count\":%u",
                      webhook->has_certificate ? "true" : "false", pending);
  if (webhook->url && !address) address = webhook_is_local(url) ? "127.0.0.1" : "<unknown>";
  if (webhook->url) json_write_member(answer, "ip_address", address);
  if (webhook->failed_at) {
    (void)buffer_format(answer, NULL, ",\"last_error_date\":%lld", (long long)webhook->failed_at);
    json_write_member(answer, "last_error_message", webhook->failure);
  }
  if (webhook->url) (void)buffer_format(answer, NULL, ",\"max_connections\":%d", webhook->max_connections);
  json_write_raw(answer, "allowed_updates", queue_allowed(call->bot->queue));
  json_write_text(answer, "}");
  return true;
}

const struct method method_webhook[] = {
    {"setwebhook", set_webhook}, {"deletewebhook", delete_webhook}, {"getwebhookinfo", get_webhook_info}, {0}};
