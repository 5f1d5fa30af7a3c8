#include "sandbox/methods/link_preview.h"

#include <jansson.h>

#include "sandbox/methods/call.h"
#include "sandbox/model/json_write.h"

bool link_preview_read(struct call *call, char **preview) {
  static const char *const known[] = {"is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"};
  bool is_bad;
  json_t *given = call_json(call, "link_preview_options", &is_bad), *shown = json_object();
  bool ok = !is_bad || call_fail(call, 400, "Bad Request: can't parse link preview options JSON object");
  if (ok && given && !json_is_object(given)) ok = call_fail(call, 400, "Bad Request: object expected as link preview options");
  for (size_t i = 0; ok && i < sizeof known / sizeof *known; i++) {
    json_t *value = json_object_get(given, known[i]);
    if (json_is_true(value) || json_string_length(value)) json_object_set(shown, known[i], value);
  }
  if (!given && call_flag(call, "disable_web_page_preview")) json_object_set_new(shown, "is_disabled", json_true());
  *preview = ok && json_object_size(shown) ? json_write_dump(shown) : NULL;
  json_decref(given);
  json_decref(shown);
  return ok;
}
