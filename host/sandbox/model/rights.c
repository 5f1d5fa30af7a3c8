#include "sandbox/model/rights.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "common/buffer.h"

static const char *const administrator[] = {"is_anonymous",         "can_manage_chat",
                                            "can_delete_messages",  "can_manage_video_chats",
                                            "can_restrict_members", "can_promote_members",
                                            "can_change_info",      "can_invite_users",
                                            "can_pin_messages",     "can_manage_topics",
                                            "can_post_stories",     "can_edit_stories",
                                            "can_delete_stories",   "can_post_messages",
                                            "can_edit_messages",    "can_manage_direct_messages",
                                            "can_manage_tags",      NULL};

static const char *const permissions[] = {"can_send_messages",
                                          "can_send_audios",
                                          "can_send_documents",
                                          "can_send_photos",
                                          "can_send_videos",
                                          "can_send_video_notes",
                                          "can_send_voice_notes",
                                          "can_send_polls",
                                          "can_send_other_messages",
                                          "can_add_web_page_previews",
                                          "can_react_to_messages",
                                          "can_edit_tag",
                                          "can_change_info",
                                          "can_invite_users",
                                          "can_pin_messages",
                                          "can_manage_topics",
                                          NULL};

static const char *const *const names[] = {administrator, permissions};

const char *rights_name(enum rights_kind kind, unsigned index) { return names[kind][index]; }

uint32_t rights_all(enum rights_kind kind) {
  uint32_t rights = 0;
  for (unsigned i = 0; names[kind][i]; i++) rights |= UINT32_C(1) << i;
  return kind == RIGHTS_ADMINISTRATOR ? rights & ~(uint32_t)RIGHTS_IS_ANONYMOUS : rights;
}

uint32_t rights_read(enum rights_kind kind, const struct json_t *json) {
  uint32_t rights = 0;
  for (unsigned i = 0; names[kind][i]; i++) {
    if (json_is_true(json_object_get(json, names[kind][i]))) rights |= UINT32_C(1) << i;
  }
  return rights;
}

uint32_t rights_bit(enum rights_kind kind, const char *name) {
  for (unsigned i = 0; names[kind][i]; i++) {
    if (strcmp(names[kind][i], name) == 0) return UINT32_C(1) << i;
  }
  return 0;
}

void rights_write(enum rights_kind kind, uint32_t rights, struct buffer *buffer) {
  for (unsigned i = 0; names[kind][i]; i++) {
    (void)buffer_format(buffer, NULL, "%s\"%s\":%s", i ? "," : "", names[kind][i], rights >> i & 1 ? "true" : "false");
  }
}
