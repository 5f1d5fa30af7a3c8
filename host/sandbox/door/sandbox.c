/* The life of a sandbox, and the saving of its model every few seconds. */
#include "sandbox/sandbox.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/door/door.h"
#include "sandbox/model/model.h"
#include "sandbox/model/store.h"

#define SAVE_EVERY_MS 3000

struct sandbox {
  struct clock *clock;
  struct model *model;
  struct door *door;
  const char *data_path; /* NULL: in memory only, or it could not be loaded */
  struct clock_timer save;
  uint64_t saved; /* happened() when it was last saved */
};

/* How much may have changed the model: every call of a bot, and every change by the control API. */
static uint64_t happened(const struct sandbox *sandbox) { return sandbox->door->calls + sandbox->door->controls; }

static bool save(struct sandbox *sandbox, struct error *error) {
  if (!sandbox->data_path || sandbox->saved == happened(sandbox)) return true;
  if (!store_save(sandbox->model, sandbox->data_path, error)) return false;
  sandbox->saved = happened(sandbox);
  return true;
}

static void on_save(void *data) {
  struct sandbox *sandbox = data;
  struct error error = {0};
  if (!save(sandbox, &error)) log_error("the sandbox is not saved; reason=%s", error.text);
  clock_start(sandbox->clock, &sandbox->save, SAVE_EVERY_MS, on_save, sandbox);
}

struct sandbox *sandbox_open(struct loop *loop, struct clock *clock, const struct sandbox_options *options,
                             struct error *error) {
  struct sandbox *sandbox = memory_new(sizeof *sandbox);
  sandbox->clock = clock;
  sandbox->model = model_new(clock);
  bool ok = !options->data_path || store_load(sandbox->model, options->data_path, error);
  if (ok) sandbox->door = door_open(loop, clock, sandbox->model, options, error);
  if (!sandbox->door) {
    (void)sandbox_close(sandbox, NULL);
    return NULL;
  }
  sandbox->data_path = options->data_path;
  if (sandbox->data_path) clock_start(clock, &sandbox->save, SAVE_EVERY_MS, on_save, sandbox);
  return sandbox;
}

bool sandbox_close(struct sandbox *sandbox, struct error *error) {
  if (!sandbox) return true;
  bool ok = !sandbox->door || save(sandbox, error);
  clock_stop(sandbox->clock, &sandbox->save);
  door_close(sandbox->door);
  model_free(sandbox->model);
  free(sandbox);
  return ok;
}

struct door *sandbox_door(struct sandbox *sandbox) { return sandbox->door; }

unsigned sandbox_port(const struct sandbox *sandbox) { return server_port(sandbox->door->server); }
