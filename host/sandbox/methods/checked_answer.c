/* Methods whose effect nobody in the sandbox could see: the chat and the user that they name must exist, their parameters must
 * be as described, and the answer is always the same. */
#include "sandbox/methods/checked_answer.h"

#include <stddef.h>
#include <strings.h>

static const struct {
  const char *name, *answer;
} answers[] = {
    {"close", "true"},
    {"deletechatphoto", "true"},
    {"deletechatstickerset", "true"},
    {"getforumtopiciconstickers", "[]"},
    {"getuserchatboosts", "{\"boosts\":[]}"},
    {"getuserpersonalchatmessages", "[]"},
    {"getuserprofileaudios", "{\"total_count\":0,\"audios\":[]}"},
    {"getuserprofilephotos", "{\"total_count\":0,\"photos\":[]}"},
    {"logout", "true"},
    {"removechatverification", "true"},
    {"removemyprofilephoto", "true"},
    {"removeuserverification", "true"},
    {"sendmessagedraft", "true"},
    {"setchatphoto", "true"},
    {"setchatstickerset", "true"},
    {"setmyprofilephoto", "true"},
    {"setuseremojistatus", "true"},
    {"verifychat", "true"},
    {"verifyuser", "true"},
};

const char *checked_answer(const char *method) {
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (strcasecmp(answers[i].name, method) == 0) return answers[i].answer;
  }
  return NULL;
}
