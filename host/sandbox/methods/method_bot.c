/* Methods about the bot itself. */
#include <string.h>

#include "sandbox/methods/call.h"
#include "sandbox/methods/methods.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/person.h"

static bool get_me(struct call *call) {
  const struct person *person = call->bot->person;
  (void)buffer_add(&call->answer, person->json, strlen(person->json) - 1, NULL);
  json_write_text(&call->answer,
                  call->bot->has_privacy ? ",\"can_read_all_group_messages\":false" : ",\"can_read_all_group_messages\":true");
  json_write_text(&call->answer,
                  ",\"can_join_groups\":true,\"supports_guest_queries\":false,"
                  "\"supports_inline_queries\":true,\"can_connect_to_business\":false,\"has_main_web_app\":false,"
                  "\"has_topics_enabled\":false,\"allows_users_to_create_topics\":false,\"can_manage_bots\":false}");
  return true;
}

const struct method method_bot[] = {{"getme", get_me}, {0}};
