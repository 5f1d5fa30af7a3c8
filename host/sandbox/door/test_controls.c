#include "sandbox/door/test_controls.h"

#include <jansson.h>
#include <string.h>
#include <sys/resource.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "sandbox/door/bot_call.h"
#include "sandbox/door/control.h"
#include "sandbox/door/door.h"
#include "sandbox/door/faults.h"
#include "sandbox/door/host_link.h"
#include "sandbox/door/method_answers.h"
#include "sandbox/door/request_log.h"
#include "sandbox/model/bot.h"
#include "sandbox/model/model.h"
#include "sandbox/model/person.h"
#include "sandbox/model/poll_closing.h"

bool test_controls_add_update(struct control *control, struct error *error) {
  json_t *update = json_object_get(control->action.input, "update"), *value;
  const char *name;
  if (!json_is_object(update)) return error_set(error, ERROR_INPUT, "\"update\" must be an object");
  json_object_foreach(update, name, value) {
    if (strcmp(name, "update_id") == 0) continue;
    bot_send_json(control->action.model, name, value);
    return true;
  }
  return error_set(error, ERROR_INPUT, "\"update\" has no member, such as \"message\"");
}

bool test_controls_advance_clock(struct control *control, struct error *error) {
  struct model *model = control->action.model;
  int64_t seconds = action_number(&control->action, "advance_s", 0);
  bool is_far = seconds < -CLOCK_AHEAD_MAX_S || seconds > CLOCK_AHEAD_MAX_S ||
                seconds + model->advanced_s < -CLOCK_AHEAD_MAX_S || seconds + model->advanced_s > CLOCK_AHEAD_MAX_S;
  if (is_far) return error_set(error, ERROR_INPUT, "the clock can't be put forward by more than a hundred years");
  model->advanced_s += seconds;
  poll_closing_check_all(model);
  return host_link_tell_clock(control, error);
}

bool test_controls_add_fault(struct control *control, struct error *error) {
  return faults_add(control->door->faults, control->action.input, error);
}

bool test_controls_list_faults(struct control *control, struct error *error) {
  (void)error;
  faults_write(control->door->faults, control->action.answer);
  return true;
}

bool test_controls_set_limits(struct control *control, struct error *error) {
  (void)error;
  control->door->has_limits = action_flag(&control->action, "enabled", true);
  return true;
}

bool test_controls_clear_faults(struct control *control, struct error *error) {
  const char *held = json_string_value(json_object_get(control->action.input, "held"));
  if (held) {
    bool has_effect = strcmp(held, "apply") == 0;
    if (!has_effect && strcmp(held, "drop") != 0) return error_set(error, ERROR_INPUT, "\"held\" must be apply or drop");
    bot_call_release_held(control->door, has_effect);
    return true;
  }
  faults_clear(control->door->faults);
  return true;
}

bool test_controls_set_method_answer(struct control *control, struct error *error) {
  return method_answers_set(control->door->method_answers, control->action.input, error);
}

bool test_controls_list_requests(struct control *control, struct error *error) {
  (void)error;
  request_log_write(control->door->request_log, (uint64_t)action_number(&control->action, "after", 0), control->action.answer);
  return true;
}

/* ---- status ---- */

/* Calls that a "delay" or a "hold" holds: by them a test knows that the call has arrived and is not answered yet. */
static unsigned count_held(const struct door *door) {
  unsigned held = 0;
  for (const struct bot_call *bot_call = door->bot_calls; bot_call; bot_call = bot_call->next) {
    held += bot_call->fault.kind == FAULT_DELAY || bot_call->is_held;
  }
  return held;
}

bool test_controls_show_status(struct control *control, struct error *error) {
  (void)error;
  struct door *door = control->door;
  struct rusage usage;
  (void)getrusage(RUSAGE_SELF, &usage);
  long long cpu_ms =
      (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000LL + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  (void)buffer_format(control->action.answer, NULL,
                      "{\"users\":%u,\"messages\":%u,\"updates_pending\":%u,\"calls\":%llu,\"held\":%u,\"cpu_ms\":%lld,"
                      "\"limits\":%s,\"now\":%lld,\"ahead_s\":%lld}",
                      HASH_COUNT(door->model->people) - HASH_COUNT(door->model->bots), door->model->message_count,
                      bot_pending_updates(door->model), (unsigned long long)door->calls, count_held(door), cpu_ms,
                      door->has_limits ? "true" : "false", (long long)model_now(door->model),
                      (long long)door->model->advanced_s);
  return true;
}

bool test_controls_reset(struct control *control, struct error *error) {
  bool is_turned = control->door->model->advanced_s != 0;
  faults_clear(control->door->faults);
  method_answers_clear(control->door->method_answers);
  request_log_clear(control->door->request_log);
  model_reset(control->action.model);
  return !is_turned || host_link_tell_clock(control, error);
}
