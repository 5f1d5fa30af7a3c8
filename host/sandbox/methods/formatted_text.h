/* Parameters that are formatted text: "text" and "caption", with parse_mode or with entities. */
#pragma once
#include <stdbool.h>

#include "sandbox/model/entity.h"

struct call;

enum { FORMATTED_TEXT_MAX = 4096, FORMATTED_TEXT_CAPTION_MAX = 1024 }; /* characters, after the markup is taken out */

/* Each fails the call and returns false. The caller releases the text either way. */
bool formatted_text_read(struct call *call, const char *name, const char *entities_name, struct entity_text *text);
/* The same where parse_mode has another name. */
bool formatted_text_read_mode(struct call *call, const char *name, const char *entities_name, const char *mode_name,
                              struct entity_text *text);
bool formatted_text_read_message(struct call *call, struct entity_text *text); /* "text", which must not be empty */
