/* Methods about business connections. Those that send or edit take part by call_chat(), which finds the chat of a connection.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"

#define DELETE_MAX 100

static bool get_connection(struct call *call) {
  const struct json_t *connection = call_business(call);
  if (connection) business_write(connection, &call->answer);
  return connection != NULL;
}

static bool may(struct call *call, const struct json_t *connection, const char *right) {
  return business_may(connection, right) || call_fail(call, 400, "Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED");
}

static bool read_message(struct call *call) {
  const struct json_t *connection = call_business(call);
  if (!connection || !may(call, connection, "can_read_messages")) return false;
  struct chat *chat = call_chat(call, "chat_id", CALL_READ);
  return chat && call_message(call, chat, "message to read") && call_true(call);
}

/* Ids of messages are never used twice in private chats, so they are enough to find them. */
static struct message *find_message(const struct call *call, const char *connection_id, int id) {
  for (const struct chat *chat = call->model->chats; chat; chat = chat->hh.next) {
    bool is_theirs = chat->business && strcmp(chat->business, connection_id) == 0;
    struct message *message = is_theirs ? message_find(chat, id) : NULL;
    if (message) return message;
  }
  return NULL;
}

static bool delete_messages(struct call *call) {
  int ids[DELETE_MAX];
  size_t count;
  const struct json_t *connection = call_business(call);
  if (!connection || !call_message_ids(call, ids, DELETE_MAX, &count)) return false;
  for (int pass = 0; pass < 2; pass++) { /* first see whether all may go */
    for (size_t i = 0; i < count; i++) {
      struct message *message = find_message(call, call_text(call, "business_connection_id"), ids[i]);
      bool is_own = message && message->from == business_owner(call->model, connection);
      if (message && pass) message_delete(call->model, message);
      if (message && !pass && !may(call, connection, is_own ? "can_delete_sent_messages" : "can_delete_all_messages"))
        return false;
    }
  }
  return call_true(call);
}

/* ---- the owner's profile ---- */

static bool set_name(struct call *call) {
  const struct json_t *connection = call_business(call);
  const char *first_name = call_text(call, "first_name");
  if (!connection || !may(call, connection, "can_edit_name")) return false;
  if (!first_name) return call_fail(call, 400, "Bad Request: FIRSTNAME_INVALID");
  const struct person *owner = business_owner(call->model, connection);
  char *username = message_copy_text(owner->username), *language = message_copy_text(owner->language);
  (void)person_add(call->model, owner->id, first_name, call_text(call, "last_name"), username, language);
  free(username);
  free(language);
  return call_true(call);
}

static bool set_bio(struct call *call) {
  const struct json_t *connection = call_business(call);
  return connection && may(call, connection, "can_edit_bio") && call_true(call);
}

static bool set_photo(struct call *call) {
  const struct json_t *connection = call_business(call);
  return connection && may(call, connection, "can_edit_profile_photo") && call_true(call);
}

static bool set_username(struct call *call) {
  const struct json_t *connection = call_business(call);
  return connection && may(call, connection, "can_edit_username") && call_true(call);
}

static bool get_star_balance(struct call *call) {
  const struct json_t *connection = call_business(call);
  if (!connection || !may(call, connection, "can_view_gifts_and_stars")) return false;
  json_write_text(&call->answer, "{\"amount\":0}");
  return true;
}

/* Nobody but bots has Stars in the sandbox. */
static bool transfer_stars(struct call *call) {
  const struct json_t *connection = call_business(call);
  return connection && may(call, connection, "can_transfer_stars") && call_fail(call, 400, "Bad Request: BALANCE_TOO_LOW");
}

const struct method method_business[] = {{"getbusinessconnection", get_connection},
                                         {"readbusinessmessage", read_message},
                                         {"deletebusinessmessages", delete_messages},
                                         {"setbusinessaccountname", set_name},
                                         {"setbusinessaccountbio", set_bio},
                                         {"setbusinessaccountusername", set_username},
                                         {"setbusinessaccountprofilephoto", set_photo},
                                         {"removebusinessaccountprofilephoto", set_photo},
                                         {"getbusinessaccountstarbalance", get_star_balance},
                                         {"transferbusinessaccountstars", transfer_stars},
                                         {0}};
