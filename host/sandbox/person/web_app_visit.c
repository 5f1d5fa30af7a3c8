/* Web Apps that people open, and what these send back to the bot. */
#include "sandbox/person/actions.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message_update.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/query.h"
#include "sandbox/model/web_app.h"
#include "sandbox/person/action.h"

static struct bot *find_bot(const struct action *action) {
  int64_t id = action_number(action, "bot_id", 0);
  return id ? bot_find(action->model, id) : action->model->bots;
}

static const struct query *begin_query(const struct action *action, const struct person *person) {
  const struct chat *chat = chat_find_for(action->model, find_bot(action), action_number(action, "chat_id", person->id));
  json_t *about = json_pack("{s:I,s:I}", "from", (json_int_t)person->id, "chat", (json_int_t)(chat ? chat->id : 0));
  char *text = json_write_dump(about);
  struct query *query = query_add(action->model, QUERY_WEB_APP, text);
  query->asked_id = find_bot(action)->person->id;
  free(text);
  json_decref(about);
  return query;
}

/* The init data stands in the URL's fragment, escaped once more, where Telegram's script looks for it. */
static void answer(const struct action *action, const char *url, const char *data, const struct query *query) {
  struct buffer full;
  buffer_init(&full, JSON_WRITE_CEILING);
  (void)buffer_format(&full, NULL, "%s#tgWebAppData=", url);
  for (const char *at = data; *at; at++) {
    if (strchr("%&=", *at))
      (void)buffer_format(&full, NULL, "%%%02X", (unsigned char)*at);
    else
      (void)buffer_add(&full, at, 1, NULL);
  }
  json_write_text(&full, "&tgWebAppVersion=9.1&tgWebAppPlatform=sandbox");
  (void)buffer_format(action->answer, NULL, "{\"query_id\":\"%lld\"", (long long)query->id);
  json_write_member(action->answer, "init_data", data);
  json_write_member(action->answer, "url", full.data);
  json_write_text(action->answer, "}");
  buffer_release(&full);
}

bool web_app_visit_open(struct action *action, struct error *error) {
  const struct person *person = person_find(action->model, action_number(action, "from_id", 0));
  const struct bot *bot = find_bot(action);
  const char *url = action_text(action, "url");
  if (!person) return error_set(error, ERROR_INPUT, "\"from_id\" must name the person who opens the Web App");
  if (!bot) return error_set(error, ERROR_INPUT, "no bot has called yet, or none of this \"bot_id\"");
  if (!url) return error_set(error, ERROR_INPUT, "\"url\" is missing");
  const struct query *query = begin_query(action, person);
  char *data = web_app_init_data(bot, person, query->id, model_now(action->model));
  if (!data)
    return error_set(error, ERROR_INPUT,
                     "a Web App's data is signed by the library GLib (Debian's libglib2.0-0), which is missing");
  answer(action, url, data, query);
  free(data);
  return true;
}

bool web_app_visit_send(struct action *action, struct error *error) {
  struct chat *chat = action_chat(action, error);
  const char *data = action_text(action, "data"), *button = action_text(action, "button_text");
  if (!chat) return false;
  if (!chat->person) return error_set(error, ERROR_INPUT, "a keyboard opens Web Apps in private chats only");
  if (!data) return error_set(error, ERROR_INPUT, "\"data\" is missing");
  json_t *content = json_pack("{s:s,s:s}", "button_text", button ? button : "", "data", data);
  (void)message_update_send_service(action->model, chat, chat->person, json_write_content("web_app_data", content));
  return true;
}
