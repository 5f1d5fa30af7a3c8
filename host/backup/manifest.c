/* Writes and reads the manifest. The manifest is JSON, because whoever restores has nothing but this, perhaps years later,
 * with another version: text that a person can read, with named fields. A later host may add fields and leave out none.
 *
 * Checksums are hexadecimal text: JSON's numbers, as other programs read them, do not hold 64 bits without a sign. */
#include "backup/manifest.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"

enum { CHECKSUM_DIGITS = 16 };

/* ---- writing ---- */

static json_t *checksum_text(uint64_t checksum) {
  char text[CHECKSUM_DIGITS + 1];
  (void)snprintf(text, sizeof text, "%016" PRIx64, checksum);
  return json_string(text);
}

static void write_hex(const unsigned char *bytes, size_t size, char *text) {
  for (size_t i = 0; i < size; i++) (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* Fails where jansson would go on: a list that lacks one element would be a backup without a part of its base. NULL: no memory.
 */
static json_t *add_to_list(json_t *list, json_t *element) {
  if (json_array_append_new(list, element) == 0) return list;
  json_decref(list);
  return NULL;
}

static json_t *encode_parts(const struct manifest *manifest) {
  json_t *parts = json_array();
  for (size_t i = 0; parts && i < manifest->part_count; i++) {
    const struct manifest_part *part = &manifest->parts[i];
    parts = add_to_list(
        parts, json_pack("{s:s, s:I, s:I, s:o}", "file_id", part->file_id, "message_id", (json_int_t)part->message_id, "size",
                         (json_int_t)part->size, "checksum", checksum_text(part->checksum)));
  }
  return parts;
}

static json_t *encode_copies(const struct manifest_copy *copies, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; list && i < count; i++) {
    const struct manifest_copy *copy = &copies[i];
    list = add_to_list(list, json_pack("{s:I, s:I, s:I}", "message_id", (json_int_t)copy->message_id, "saved_at",
                                       (json_int_t)copy->saved_at, "base", (json_int_t)copy->base));
  }
  return list;
}

static const char *const marks[] = {[MARK_PUBLISHED] = "published", [MARK_SERVING] = "serving", [MARK_RELEASED] = "released"};

static json_t *encode_reign(const struct manifest *manifest) {
  return json_pack("{s:I, s:s, s:I, s:I}", "nonce", (json_int_t)manifest->nonce, "mark", marks[manifest->mark], "began_at",
                   (json_int_t)manifest->began_at, "turns", (json_int_t)manifest->turns);
}

static json_t *encode_copied(const struct manifest *manifest) {
  json_t *copied = json_pack("{s:I, s:I}", "at", (json_int_t)manifest->copied_at, "to", (json_int_t)manifest->copied_to);
  json_t *sent = manifest->sent_count ? encode_copies(manifest->sent, manifest->sent_count) : NULL;
  if (!copied || !manifest->sent_count || json_object_set_new(copied, "messages", sent) == 0) return copied;
  json_decref(copied);
  return NULL;
}

static json_t *encode_key(const struct key_name *key) {
  char salt[sizeof key->salt * 2 + 1];
  if (!key->is_stretched) return json_pack("{s:s}", "key", key->id);
  write_hex(key->salt, sizeof key->salt, salt);
  return json_pack("{s:s, s:s, s:I, s:I}", "key", key->id, "salt", salt, "memory_kb", (json_int_t)key->memory_kb, "passes",
                   (json_int_t)key->passes);
}

/* What tells of the data. */
static bool add_data(json_t *root, const struct manifest *manifest) {
  return json_object_set_new(root, "page_size", json_integer((json_int_t)manifest->page_size)) == 0 &&
         json_object_set_new(root, "page_count", json_integer((json_int_t)manifest->page_count)) == 0 &&
         json_object_set_new(root, "checksum", checksum_text(manifest->checksum)) == 0 &&
         (!manifest->copied_at || json_object_set_new(root, "copied", encode_copied(manifest)) == 0);
}

static bool add_base_data(json_t *base, const struct manifest *manifest) {
  return json_object_set_new(base, "size", json_integer((json_int_t)manifest->base_size)) == 0 &&
         json_object_set_new(base, "checksum", checksum_text(manifest->base_checksum)) == 0;
}

/* The base comes last, because its list is long: a person who looks with `head` sees the rest first. */
static json_t *encode(const struct manifest *manifest) {
  bool is_encrypted = *manifest->key.id, has_base = is_encrypted ? manifest->part_count != 0 : manifest->base_size != 0;
  json_t *root = json_pack("{s:i, s:s, s:I, s:I, s:I, s:I, s:o}", "format", manifest->format, "host", manifest->host, "epoch",
                           (json_int_t)manifest->epoch, "sequence", (json_int_t)manifest->sequence, "saved_at",
                           (json_int_t)manifest->saved_at, "anchored_at", (json_int_t)manifest->anchored_at, "history",
                           encode_copies(manifest->history, manifest->history_count));
  bool ok = root && (is_encrypted ? json_object_set_new(root, "encryption", encode_key(&manifest->key)) == 0
                                  : add_data(root, manifest));
  ok = ok && (!manifest->nonce || json_object_set_new(root, "reign", encode_reign(manifest)) == 0);
  if (ok && has_base) {
    json_t *base = json_object();
    ok = json_object_set(root, "base", base) == 0 && (is_encrypted || add_base_data(base, manifest)) &&
         json_object_set_new(base, "parts", encode_parts(manifest)) == 0;
    json_decref(base);
  }
  if (ok) return root;
  json_decref(root);
  return NULL;
}

static json_t *encode_secret(const struct manifest *manifest) {
  json_t *root = json_object();
  bool ok = root && add_data(root, manifest);
  if (ok && manifest->base_size) {
    json_t *base = json_object();
    ok = json_object_set(root, "base", base) == 0 && add_base_data(base, manifest);
    json_decref(base);
  }
  if (ok) return root;
  json_decref(root);
  return NULL;
}

struct writing {
  struct buffer *json;
  struct error error;
};

/* jansson goes on after some failures and would leave out a key, so every piece after the first failure fails as well. */
static int add_piece(const char *piece, size_t size, void *data) {
  struct writing *writing = data;
  bool ok = !writing->error.kind && buffer_add(writing->json, piece, size, &writing->error);
  return ok ? 0 : -1;
}

/* Piece by piece into the buffer, so that its ceiling holds while the text grows. root is taken; NULL: no memory. */
static bool write_json(json_t *root, struct buffer *json, struct error *error) {
  size_t size = json->size;
  struct writing writing = {.json = json};
  bool ok = root && json_dump_callback(root, add_piece, &writing, JSON_COMPACT) == 0;
  json_decref(root);
  if (ok) return true;
  buffer_cut(json, size);
  if (writing.error.kind) return error_set(error, writing.error.kind, "%s", writing.error.text);
  return error_set(error, ERROR_MEMORY, "out of memory for a backup's manifest");
}

bool manifest_write(const struct manifest *manifest, struct buffer *json, struct error *error) {
  return write_json(encode(manifest), json, error);
}

bool manifest_write_secret(const struct manifest *manifest, struct buffer *json, struct error *error) {
  return write_json(encode_secret(manifest), json, error);
}

/* ---- reading: every field is checked, since any program may have written it ---- */

/* A number with a point is refused even where it is whole: we write none, and it may have lost digits already. */
static bool read_integer(const json_t *object, const char *name, int64_t least, int64_t most, int64_t *value,
                         struct error *error) {
  const json_t *number = json_object_get(object, name);
  *value = json_integer_value(number);
  if (json_is_integer(number) && *value >= least && *value <= most) return true;
  return error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"%s\"", name);
}

/* Sixteen digits, as we write them: strtoull() alone would also take signs, blanks and 0x. */
static bool read_checksum(const json_t *object, const char *name, uint64_t *value, struct error *error) {
  const char *text = json_string_value(json_object_get(object, name));
  char *end = NULL;
  if (text && strlen(text) == CHECKSUM_DIGITS && strspn(text, "0123456789abcdef") == CHECKSUM_DIGITS) {
    *value = strtoull(text, &end, 16);
    return true;
  }
  return error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"%s\"", name);
}

/* Visible ASCII only, as file ids and versions are: a line break in it could forge a line of the log. */
static const char *plain_text(const json_t *object, const char *name, size_t size) {
  const char *text = json_string_value(json_object_get(object, name));
  bool is_plain = text && *text && strlen(text) < size;
  for (const char *c = text; is_plain && *c; c++) is_plain = *c > ' ' && *c < 0x7f;
  return is_plain ? text : NULL;
}

static bool read_text(const json_t *object, const char *name, char *text, size_t size, struct error *error) {
  const char *value = plain_text(object, name, size);
  if (!value) return error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"%s\"", name);
  (void)snprintf(text, size, "%s", value);
  return true;
}

static bool read_part(const json_t *object, struct manifest_part *part, struct error *error) {
  return read_text(object, "file_id", part->file_id, sizeof part->file_id, error) &&
         read_integer(object, "message_id", 1, INT64_MAX, &part->message_id, error) &&
         read_integer(object, "size", 1, INT64_MAX, &part->size, error) &&
         read_checksum(object, "checksum", &part->checksum, error);
}

static bool read_base_data(struct manifest *manifest, const json_t *base, struct error *error) {
  return read_integer(base, "size", 1, INT64_MAX, &manifest->base_size, error) &&
         read_checksum(base, "checksum", &manifest->base_checksum, error);
}

/* A base without parts could never be fetched, so it is refused here and not after the host has waited for a network. */
static bool read_base(struct manifest *manifest, const json_t *base, struct error *error) {
  const json_t *parts = json_object_get(base, "parts");
  size_t count = json_array_size(parts);
  if (!*manifest->key.id && !read_base_data(manifest, base, error)) return false;
  if (count == 0 || count > MANIFEST_PARTS_MAX)
    return error_set(error, ERROR_INPUT, "the backup's manifest names %zu parts of a base", count);
  for (size_t i = 0; i < count; i++) {
    if (!read_part(json_array_get(parts, i), &manifest->parts[i], error))
      return error_prefix(error, "part %zu of the base", i + 1);
  }
  manifest->part_count = count;
  return true;
}

/* A copy's time may be 0: where a host began anew over a backup that it had not read, it knows only the message. */
static bool read_copies(const json_t *list, const char *name, struct manifest_copy *copies, size_t *list_count,
                        struct error *error) {
  size_t count = json_array_size(list);
  if (!json_is_array(list)) return error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"%s\"", name);
  if (count > MANIFEST_HISTORY_MAX) return error_set(error, ERROR_INPUT, "the backup's manifest names %zu daily copies", count);
  for (size_t i = 0; i < count; i++) {
    const json_t *object = json_array_get(list, i);
    struct manifest_copy *copy = &copies[i];
    if (!read_integer(object, "message_id", 1, INT64_MAX, &copy->message_id, error)) return false;
    if (!read_integer(object, "saved_at", 0, INT64_MAX, &copy->saved_at, error)) return false;
    copy->base = MANIFEST_BASE_UNKNOWN; /* versions without reigns did not say */
    if (json_object_get(object, "base") && !read_integer(object, "base", MANIFEST_BASE_UNKNOWN, INT64_MAX, &copy->base, error))
      return false;
  }
  *list_count = count;
  return true;
}

static bool read_reign(struct manifest *manifest, const json_t *reign, struct error *error) {
  const char *mark = json_string_value(json_object_get(reign, "mark"));
  if (!read_integer(reign, "nonce", 1, INT64_MAX, &manifest->nonce, error)) return false;
  bool says_when = json_object_get(reign, "began_at") != NULL; /* the first versions with reigns did not */
  if (says_when && !(read_integer(reign, "began_at", 0, INT64_MAX, &manifest->began_at, error) &&
                     read_integer(reign, "turns", 0, INT64_MAX / 2, &manifest->turns, error)))
    return false;
  for (int i = MARK_PUBLISHED; mark && i <= MARK_RELEASED; i++) {
    if (strcmp(mark, marks[i]) == 0) manifest->mark = (enum manifest_mark)i;
  }
  return manifest->mark || error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"mark\"");
}

static bool read_copied(struct manifest *manifest, const json_t *copied, struct error *error) {
  const json_t *sent = json_object_get(copied, "messages"); /* the first versions did not list them */
  return read_integer(copied, "at", 1, INT64_MAX, &manifest->copied_at, error) &&
         read_integer(copied, "to", INT64_MIN, INT64_MAX, &manifest->copied_to, error) &&
         (!sent || read_copies(sent, "messages", manifest->sent, &manifest->sent_count, error));
}

static bool is_power_of_two(int64_t number) { return (number & (number - 1)) == 0; }

/* Page sizes: https://www.sqlite.org/fileformat.html, section 1.3.2; at most 2^32 - 2 pages. */
static bool read_data(struct manifest *manifest, const json_t *root, struct error *error) {
  const json_t *copied = json_object_get(root, "copied");
  bool ok = read_integer(root, "page_size", 512, 65536, &manifest->page_size, error) &&
            read_integer(root, "page_count", 1, UINT32_MAX - 1, &manifest->page_count, error) &&
            read_checksum(root, "checksum", &manifest->checksum, error);
  if (ok && !is_power_of_two(manifest->page_size))
    ok = error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"page_size\"");
  return ok && (!copied || read_copied(manifest, copied, error));
}

/* Of a base there is only the list of its parts outside. */
static bool decode_secret(struct manifest *manifest, const json_t *root, struct error *error) {
  const json_t *base = json_object_get(root, "base");
  if (!read_data(manifest, root, error)) return false;
  if (base ? manifest->part_count == 0 : manifest->part_count != 0)
    return error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"base\"");
  return !base || read_base_data(manifest, base, error);
}

/* Pairs of digits, as we write them. */
static bool read_hex(const json_t *object, const char *name, unsigned char *bytes, size_t size, struct error *error) {
  const char *text = json_string_value(json_object_get(object, name));
  bool ok = text && strlen(text) == 2 * size && strspn(text, "0123456789abcdef") == 2 * size;
  for (size_t i = 0; ok && i < size; i++) {
    const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return ok || error_set(error, ERROR_INPUT, "the backup's manifest has no valid \"%s\"", name);
}

static bool read_key(struct key_name *key, const json_t *encryption, struct error *error) {
  unsigned char id[(KEYRING_ID_SIZE - 1) / 2];
  if (!read_hex(encryption, "key", id, sizeof id, error)) return false;
  write_hex(id, sizeof id, key->id);
  key->is_stretched = json_object_get(encryption, "salt") != NULL;
  return !key->is_stretched || (read_hex(encryption, "salt", key->salt, sizeof key->salt, error) &&
                                read_integer(encryption, "memory_kb", 8, UINT32_MAX, &key->memory_kb, error) &&
                                read_integer(encryption, "passes", 1, UINT32_MAX, &key->passes, error));
}

/* The format first, before any field that a later format may have changed or dropped. Epoch and sequence stay below half of
 * what fits, so that the host can add to them without an overflow. */
static bool decode(struct manifest *manifest, const json_t *root, struct error *error) {
  int64_t format;
  if (!read_integer(root, "format", 1, INT32_MAX, &format, error)) return false;
  manifest->format = (int)format;
  if (format > MANIFEST_FORMAT_ENCRYPTED) {
    const char *host = plain_text(root, "host", sizeof manifest->host);
    return error_set(error, ERROR_INPUT, "the backup has format %d, this host reads up to %d: use Lunokhod %s",
                     manifest->format, MANIFEST_FORMAT_ENCRYPTED, host ? host : "of a newer version");
  }
  const json_t *base = json_object_get(root, "base"), *reign = json_object_get(root, "reign");
  return read_text(root, "host", manifest->host, sizeof manifest->host, error) &&
         read_integer(root, "epoch", 0, INT64_MAX / 2, &manifest->epoch, error) &&
         read_integer(root, "sequence", 0, INT64_MAX / 2, &manifest->sequence, error) &&
         read_integer(root, "saved_at", 0, INT64_MAX, &manifest->saved_at, error) &&
         read_integer(root, "anchored_at", 0, INT64_MAX, &manifest->anchored_at, error) &&
         (format == MANIFEST_FORMAT_ENCRYPTED ? read_key(&manifest->key, json_object_get(root, "encryption"), error)
                                              : read_data(manifest, root, error)) &&
         (!reign || read_reign(manifest, reign, error)) &&
         read_copies(json_object_get(root, "history"), "history", manifest->history, &manifest->history_count, error) &&
         (!base || read_base(manifest, base, error));
}

/* Duplicate keys are refused, because two readers could take different ones of them. */
static bool read_json(struct manifest *manifest, const char *json, size_t size,
                      bool (*read)(struct manifest *manifest, const json_t *root, struct error *error), struct error *error) {
  json_error_t fault;
  json_t *root = json_loadb(json, size, JSON_REJECT_DUPLICATES, &fault);
  bool ok = false;
  if (!root && !fault.text[0]) { /* jansson describes what is wrong with a text, but mostly not lack of memory */
    error_set(error, ERROR_MEMORY, "out of memory for a backup's manifest");
  } else if (!json_is_object(root)) {
    error_set(error, ERROR_INPUT, "the backup's manifest is not a JSON object");
  } else {
    ok = read(manifest, root, error);
  }
  json_decref(root);
  return ok;
}

bool manifest_read(struct manifest *manifest, const char *json, size_t size, struct error *error) {
  *manifest = (struct manifest){0};
  return read_json(manifest, json, size, decode, error);
}

bool manifest_read_secret(struct manifest *manifest, const char *json, size_t size, struct error *error) {
  return read_json(manifest, json, size, decode_secret, error);
}

/* ---- history ---- */

void manifest_list_copy(struct manifest_copy list[static MANIFEST_HISTORY_MAX], size_t *count,
                        const struct manifest_copy *copy) {
  if (*count == MANIFEST_HISTORY_MAX) {
    memmove(list, list + 1, (MANIFEST_HISTORY_MAX - 1) * sizeof *list);
    --*count;
  }
  list[(*count)++] = *copy;
}

void manifest_add_copy(struct manifest *manifest, const struct manifest_copy *copy) {
  manifest_list_copy(manifest->history, &manifest->history_count, copy);
}

int64_t manifest_base(const struct manifest *manifest) { return manifest->part_count ? manifest->parts[0].message_id : 0; }

/* A copy of which no base is known may need any that is older than itself. */
bool manifest_needs_base(const struct manifest *manifest, int64_t base) {
  for (size_t i = 0; base && i < manifest->history_count; i++) {
    const struct manifest_copy *copy = &manifest->history[i];
    if (copy->base == base || (copy->base == MANIFEST_BASE_UNKNOWN && base < copy->message_id)) return true;
  }
  return false;
}

/* ---- order ---- */

bool manifest_wins(const struct manifest *manifest, int64_t message_id, const struct manifest *other, int64_t other_id) {
  bool has_reign = manifest->nonce != 0, has_other = other->nonce != 0;
  if (has_reign != has_other) return has_reign;
  if (manifest->epoch != other->epoch) return manifest->epoch > other->epoch;
  return has_reign ? message_id > other_id : manifest->sequence > other->sequence;
}
