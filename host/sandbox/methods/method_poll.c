/* Methods about polls. Telegram checks more than this room does: the texts of its other errors are not known. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/poll_content.h"

#define POLL_OPTIONS_MAX 12

static bool add_poll_option(struct call *call, const json_t *option, json_t *options) {
  const json_t *text = json_is_object(option) ? json_object_get(option, "text") : option;
  if (!json_is_string(text)) return call_fail(call, 400, "Bad Request: can't parse poll options: Can't find field \"text\"");
  if (!json_string_length(text)) return call_fail(call, 400, "Bad Request: poll options must be non-empty");
  json_array_append_new(options, json_pack("{s:s,s:i}", "text", json_string_value(text), "voter_count", 0));
  return true;
}

static json_t *make_poll(struct call *call, const char *question, const char *type, json_t *options) {
  char id[24];
  (void)snprintf(id, sizeof id, "%lld", (long long)call->model->next_query_id++);
  bool is_anonymous = !call_text(call, "is_anonymous") || call_flag(call, "is_anonymous");
  return json_pack("{s:s,s:s,s:O,s:i,s:b,s:b,s:s,s:b}", "id", id, "question", question, "options", options, "total_voter_count",
                   0, "is_closed", (int)call_flag(call, "is_closed"), "is_anonymous", (int)is_anonymous, "type",
                   type ? type : "regular", "allows_multiple_answers", (int)call_flag(call, "allows_multiple_answers"));
}

static bool send_poll(struct call *call) {
  const char *question = call_text(call, "question"), *type = call_text(call, "type");
  bool is_bad, ok = true;
  if (!question) return call_fail(call, 400, "Bad Request: poll question is empty");
  json_t *given = call_json(call, "options", &is_bad), *options = json_array(), *option;
  size_t i;
  if (is_bad || !json_is_array(given))
    ok = call_fail(call, 400, "Bad Request: can't parse options JSON object");
  else if (!json_array_size(given))
    ok = call_fail(call, 400, "Bad Request: poll must have at least 1 option");
  else if (json_array_size(given) > POLL_OPTIONS_MAX)
    ok = call_fail(call, 400, "Bad Request: poll can't have more than %d options", POLL_OPTIONS_MAX);
  json_array_foreach(given, i, option) ok = ok && add_poll_option(call, option, options);
  if (ok && type && strcmp(type, "quiz") != 0 && strcmp(type, "regular") != 0) {
    ok = call_fail(call, 400, "Bad Request: unsupported poll type specified");
  }
  if (ok) {
    json_t *poll = make_poll(call, question, type, options);
    char *json = json_write_dump(poll);
    struct buffer content;
    buffer_init(&content, JSON_WRITE_CEILING);
    json_write_text(&content, "\"poll\":");
    json_write_text(&content, json ? json : "{}");
    free(json);
    json_decref(poll);
    ok = sending_send_fixed(call, buffer_take(&content, NULL));
  }
  json_decref(given);
  json_decref(options);
  return ok;
}

/* The result is the poll with its final votes, not the message. */
static bool stop_poll(struct call *call) {
  struct chat *chat = call_chat(call, "chat_id", CALL_WRITE);
  struct message *message = chat ? call_message(call, chat, "message with poll to stop") : NULL;
  if (!message) return false;
  json_t *poll = poll_content_read(message);
  bool is_own = message->from && message->from->is_bot, ok = true;
  if (!poll || !is_own) ok = call_fail(call, 400, "Bad Request: poll can't be stopped");
  if (ok && json_is_true(json_object_get(poll, "is_closed")))
    ok = call_fail(call, 400, "Bad Request: poll has already been closed");
  if (ok) {
    json_object_set_new(poll, "is_closed", json_true());
    poll_content_write(message, poll);
    message_changed(call->model, message);
    char *json = json_write_dump(poll);
    json_write_text(&call->answer, json);
    free(json);
  }
  json_decref(poll);
  return ok;
}

const struct method method_poll[] = {{"sendpoll", send_poll}, {"stoppoll", stop_poll}, {0}};
