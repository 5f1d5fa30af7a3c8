#include "sandbox/methods/rate_limit.h"

#include <strings.h>

#include "common/clock.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/model.h"

#define OVERALL_MS 33 /* 30 messages a second */
#define OVERALL_BURST_MS 1000
#define CHAT_MS 1000 /* one a second in a chat */
#define CHAT_BURST_MS 3000
#define GROUP_MS 3000 /* 20 a minute in a group */
#define GROUP_BURST_MS 60000

static int64_t wait_ms(int64_t send_at, int64_t now, int64_t burst_ms) {
  int64_t ahead = send_at - now - burst_ms;
  return ahead > 0 ? ahead : 0;
}

static void advance(int64_t *send_at, int64_t now, int64_t ms) { *send_at = (*send_at > now ? *send_at : now) + ms; }

static bool is_message(const char *method) {
  bool is_send = strncasecmp(method, "send", 4) == 0 && strcasecmp(method, "sendChatAction") != 0;
  return is_send || strncasecmp(method, "forward", 7) == 0 || strncasecmp(method, "copy", 4) == 0;
}

bool rate_limit_allow(struct call *call) {
  if (!is_message(call->method)) return true;
  struct chat *chat = chat_find_for(call->model, call->bot, call_integer(call, "chat_id", 0));
  int64_t now = clock_ticks(call->model->clock), wait = wait_ms(call->bot->send_at, now, OVERALL_BURST_MS);
  bool is_group = chat && (chat->type == CHAT_GROUP || chat->type == CHAT_SUPERGROUP);
  if (!chat) return true; /* the call fails, so it does not count */
  int64_t in_chat = wait_ms(chat->send_at[0], now, CHAT_BURST_MS), in_group = wait_ms(chat->send_at[1], now, GROUP_BURST_MS);
  if (in_chat > wait) wait = in_chat;
  if (is_group && in_group > wait) wait = in_group;
  if (wait) {
    call->retry_after = (int)((wait + 999) / 1000);
    return call_fail(call, 429, "Too Many Requests: retry after %d", call->retry_after);
  }
  advance(&call->bot->send_at, now, OVERALL_MS);
  advance(&chat->send_at[0], now, CHAT_MS);
  if (is_group) advance(&chat->send_at[1], now, GROUP_MS);
  return true;
}
