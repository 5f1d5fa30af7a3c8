/* What a member of a chat may do: the rights of an administrator, and the permissions of all others. Each is a set of bits
 * whose names are Telegram's. Pure functions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct buffer;
struct json_t;

enum rights_kind { RIGHTS_ADMINISTRATOR, RIGHTS_PERMISSIONS };

enum { /* those that the sandbox itself obeys */
       RIGHTS_IS_ANONYMOUS = 1 << 0,
       RIGHTS_DELETE = 1 << 2,
       RIGHTS_RESTRICT = 1 << 4,
       RIGHTS_PROMOTE = 1 << 5,
       RIGHTS_CHANGE_INFO = 1 << 6,
       RIGHTS_INVITE = 1 << 7,
       RIGHTS_PIN = 1 << 8,
       RIGHTS_TOPICS = 1 << 9,
       PERMISSIONS_SEND = 1 << 0,
};

uint32_t rights_all(enum rights_kind kind); /* all, but not to be anonymous */

/* The members of a JSON object that are true. */
uint32_t rights_read(enum rights_kind kind, const struct json_t *json);

/* The name of the right number `index`; NULL: there are no more. */
const char *rights_name(enum rights_kind kind, unsigned index);

/* The bit of a right; 0: there is none of that name. */
uint32_t rights_bit(enum rights_kind kind, const char *name);

/* Adds all members: "can_send_messages":true,... */
void rights_write(enum rights_kind kind, uint32_t rights, struct buffer *buffer);
