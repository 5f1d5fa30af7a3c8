/* Sets of stickers, by their names. A set is a JSON object: {"name", "title", "sticker_type", "owner", "needs_repainting"?,
 * "thumbnail"?, "stickers": [...]}; each of its stickers is {"file_id", "format", "emoji_list", "keywords"?, "mask_position"?}.
 */
#pragma once
#include <stddef.h>

struct buffer;
struct file;
struct json_t;
struct model;

struct json_t *sticker_set_find(const struct model *model, const char *name); /* borrowed; NULL: there is none */
void sticker_set_add(struct model *model, struct json_t *set);                /* taken */
void sticker_set_delete(struct model *model, const char *name);

/* The set that has the sticker, and its place in it. Borrowed; NULL: none has. */
struct json_t *sticker_set_of(const struct model *model, const char *file_id, size_t *place);

/* Writes into the file what the set says of its sticker, so that every message shows it. */
void sticker_set_describe(struct model *model, const struct json_t *set, const struct json_t *sticker);

/* Adds Telegram's StickerSet object. */
void sticker_set_write(const struct model *model, const struct json_t *set, struct buffer *buffer);

void sticker_set_drop_all(struct model *model);
