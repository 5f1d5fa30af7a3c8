/* Invite links of a chat, and the requests to join that people have made by them. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct chat;
struct json_t;
struct model;
struct person;

/* Adds a link of that creator; `name`, `expire_date`, `member_limit` and `creates_join_request` are to be set by the caller.
 * Borrowed: a ChatInviteLink object. */
struct json_t *invite_link_add(struct model *model, struct chat *chat, const struct person *creator, bool is_primary);
struct json_t *invite_link_find(const struct chat *chat, const char *link); /* borrowed; NULL: the chat has no such link */

/* The first link in any chat. Borrowed; NULL: there is none. */
struct chat *invite_link_chat(const struct model *model, const char *link);
const char *invite_link_primary(const struct chat *chat, const struct person *creator); /* borrowed; NULL: none */

/* Whether somebody may still come by the link. */
bool invite_link_is_open(const struct json_t *link, int64_t now);
void invite_link_count_member(struct json_t *link);

/* ---- requests to join ---- */
void invite_link_add_request(struct chat *chat, int64_t user_id, struct json_t *request); /* taken */
/* Takes the request of that person off. Given: json_decref(). NULL: there is none. */
struct json_t *invite_link_take_request(struct chat *chat, int64_t user_id);
