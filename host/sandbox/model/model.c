/* Makes, empties and frees a model. Each kind of thing in it is freed by the room that owns it. */
#include "sandbox/model/model.h"

#include <stdlib.h>

#include "common/memory.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/business.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/file.h"
#include "sandbox/model/person.h"
#include "sandbox/model/poll_closing.h"
#include "sandbox/model/query.h"
#include "sandbox/model/queue.h"
#include "sandbox/model/sticker_set.h"

struct model *model_new(struct clock *clock) {
  struct model *model = memory_new(sizeof *model);
  model->clock = clock;
  srandom((unsigned)clock_now(clock)); /* for the ids of updates, on which no bot may rely */
  model->unclaimed = queue_new();
  model->next_message_id = 1;
  model->next_query_id = 4000000000000000001; /* more than 53 bits, as at Telegram: a bot must keep it as a string */
  model->next_file = 1;
  return model;
}

void model_reset(struct model *model) {
  poll_closing_drop_all(model);
  sticker_set_drop_all(model);
  business_drop_all(model);
  chat_drop_all(model);
  person_drop_all(model, false);
  query_drop_all(model);
  file_drop_all(model);
  bot_reset_all(model);
  model->message_count = 0;
  model->version = 0;
  model->next_message_id = 1;
  model->advanced_s = 0;
  model_touch(model);
}

void model_free(struct model *model) {
  if (!model) return;
  model->changed = NULL;
  model_reset(model);
  bot_drop_all(model);
  person_drop_all(model, true);
  queue_free(model->unclaimed);
  free(model);
}
