#include "sandbox/sandbox.h"

#include <stdlib.h>

#include "common/error.h"
#include "common/memory.h"
#include "sandbox/model.h"
#include "sandbox/site.h"
#include "net/server.h"

struct sandbox {
  struct model *model;
  struct site *site;
};

struct sandbox *sandbox_open(struct loop *loop, struct clock *clock, const struct sandbox_options *options, struct error *error) {
  struct sandbox *sandbox = memory_new(sizeof *sandbox);
  sandbox->model = model_new(clock);
  sandbox->site = site_open(loop, clock, sandbox->model, options, error);
  if (sandbox->site) return sandbox;
  (void)sandbox_close(sandbox, NULL);
  return NULL;
}

bool sandbox_close(struct sandbox *sandbox, struct error *error) {
  (void)error;
  if (!sandbox) return true;
  site_close(sandbox->site);
  model_free(sandbox->model);
  free(sandbox);
  return true;
}

unsigned sandbox_port(const struct sandbox *sandbox) { return server_port(sandbox->site->server); }
