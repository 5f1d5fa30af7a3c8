/* A JSON body as the parameters of a call: the members of its object, of which only the outermost level is read. A string is
 * given decoded, all else as the text that it is. As at Telegram, what comes before a fault is used. Any thread. */
#pragma once
#include <stddef.h>

struct parameter_list;

void json_body_read(const char *body, size_t size, struct parameter_list *list);
