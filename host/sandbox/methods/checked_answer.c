#include "sandbox/methods/checked_answer.h"

#include <stddef.h>
#include <strings.h>

static const char no_verifier[] = "Bad Request: BOT_VERIFIER_FORBIDDEN";
static const char no_sticker_set[] = "Bad Request: can't set supergroup sticker set";
static const char no_emoji_status[] = "Forbidden: not enough rights to change the user's emoji status";

static const struct checked_answer answers[] = {
    {"deletechatstickerset", 400, no_sticker_set},
    {"getforumtopiciconstickers", 0, "[]"},
    {"getuserchatboosts", 0, "{\"boosts\":[]}"},
    {"getuserpersonalchatmessages", 0, "[]"},
    {"getuserprofileaudios", 0, "{\"total_count\":0,\"audios\":[]}"},
    {"getuserprofilephotos", 0, "{\"total_count\":0,\"photos\":[]}"},
    {"removechatverification", 400, no_verifier},
    {"removemyprofilephoto", 0, "true"},
    {"removeuserverification", 400, no_verifier},
    {"savepreparedinlinemessage", 0, "{\"id\":\"prepared\",\"expiration_date\":2147483647}"},
    {"savepreparedkeyboardbutton", 0, "{\"id\":\"prepared\"}"},
    {"sendmessagedraft", 0, "true"},
    {"setchatstickerset", 400, no_sticker_set},
    {"setmyprofilephoto", 0, "true"},
    {"setuseremojistatus", 403, no_emoji_status},
    {"verifychat", 400, no_verifier},
    {"verifyuser", 400, no_verifier},
};

const struct checked_answer *checked_answer_find(const char *method) {
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (strcasecmp(answers[i].method, method) == 0) return &answers[i];
  }
  return NULL;
}
