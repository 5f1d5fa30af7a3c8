/* The checksum of the image is made when its pages are collected, from the live data, and made again over what is packed: so
 * neither a page that was taken for unchanged, nor a base that memory has damaged, goes unseen. Pages lie in blocks that are
 * large enough for the C library to give each back to the system. */
#include "backup/changes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "backup/archive.h"
#include "common/error.h"
#include "common/memory.h"
#include "database/database.h"

enum { BLOCK_SIZE = 512 << 10 }; /* bytes of pages; the largest page of SQLite has 64 kB */

struct changes_block {
  struct changes_block *next;
  size_t used; /* bytes */
  size_t end;  /* the number behind that of its last page */
  unsigned char bytes[BLOCK_SIZE];
};

struct changes {
  size_t page_size, page_count, added;
  uint64_t checksum;
  XXH64_state_t *sum;
  struct page_hashes hashes;
  const unsigned char **pages;        /* by number from 0; NULL: as in the base */
  struct changes_block *first, *last; /* in the order of their pages */
  size_t copied;                      /* pages that are not NULL */
};

static bool out_of_memory(struct error *error) {
  return error_set(error, ERROR_MEMORY, "out of memory for a copy of the database");
}

/* ---- collecting ---- */

static bool make_room(struct changes *changes, struct error *error) {
  changes->pages = memory_try_resize(NULL, changes->page_count * sizeof *changes->pages);
  changes->sum = changes->pages ? XXH64_createState() : NULL;
  if (!changes->sum) return out_of_memory(error);
  memset(changes->pages, 0, changes->page_count * sizeof *changes->pages);
  (void)XXH64_reset(changes->sum, 0);
  return page_hashes_reserve(&changes->hashes, changes->page_size, changes->page_count, error);
}

struct changes *changes_new(size_t page_size, size_t page_count, struct error *error) {
  struct changes *changes = memory_new(sizeof *changes);
  changes->page_size = page_size;
  changes->page_count = page_count;
  if (make_room(changes, error)) return changes;
  changes_free(changes);
  return NULL;
}

static void free_first_block(struct changes *changes) {
  struct changes_block *block = changes->first;
  changes->first = block->next;
  if (!changes->first) changes->last = NULL;
  free(block);
}

void changes_free(struct changes *changes) {
  if (!changes) return;
  while (changes->first) free_first_block(changes);
  page_hashes_release(&changes->hashes);
  (void)XXH64_freeState(changes->sum);
  free(changes->pages);
  free(changes);
}

static bool copy(struct changes *changes, const unsigned char *page, struct error *error) {
  struct changes_block *block = changes->last;
  if (!block || block->used + changes->page_size > BLOCK_SIZE) {
    block = memory_try_resize(NULL, sizeof *block);
    if (!block) return out_of_memory(error);
    block->next = NULL;
    block->used = 0;
    if (changes->last)
      changes->last->next = block;
    else
      changes->first = block;
    changes->last = block;
  }
  changes->pages[changes->added] = memcpy(block->bytes + block->used, page, changes->page_size);
  block->used += changes->page_size;
  block->end = changes->added + 1;
  changes->copied++;
  return true;
}

/* Refuses a bad image when the backup is made, not on the day when it is needed. */
bool changes_add(struct changes *changes, const unsigned char *page, const struct page_hashes *base, struct error *error) {
  size_t at = changes->added;
  assert(at < changes->page_count);
  if (at == 0 && database_image_page_size(page, changes->page_size) != (int64_t)changes->page_size)
    return error_set(error, ERROR_INPUT, "this is not an SQLite image, so it can't be backed up");
  uint64_t hash = page_hashes_of_page(page, changes->page_size);
  bool is_same = base && base->page_size == changes->page_size && at < base->count && base->values[at] == hash;
  if (!is_same && !copy(changes, page, error)) return false;
  changes->hashes.values[at] = hash;
  (void)XXH64_update(changes->sum, page, changes->page_size);
  if (++changes->added == changes->page_count) changes->checksum = XXH64_digest(changes->sum);
  return true;
}

size_t changes_image_size(const struct changes *changes) { return changes->page_size * changes->page_count; }

struct page_hashes changes_take_hashes(struct changes *changes) {
  struct page_hashes hashes = changes->hashes;
  changes->hashes = (struct page_hashes){0};
  return hashes;
}

/* ---- packing ---- */

struct reading {
  struct changes *changes;
  enum changes_as as;
  struct archive_reader *base; /* NULL: there is none, or it is not needed */
  size_t base_left;            /* bytes of it that are still to be read */
  size_t at;                   /* in the image */
};

/* Zeros follow the base's end. */
static bool read_base(struct reading *reading, unsigned char *bytes, size_t size, struct error *error) {
  size_t there = reading->base_left < size ? reading->base_left : size;
  if (there && !archive_reader_read(reading->base, bytes, there, error)) return false;
  reading->base_left -= there;
  memset(bytes + there, 0, size - there);
  return true;
}

/* Within one page. */
static bool read_piece(struct reading *reading, unsigned char *bytes, size_t size, struct error *error) {
  struct changes *changes = reading->changes;
  const unsigned char *page = changes->pages[reading->at / changes->page_size];
  if (page) page += reading->at % changes->page_size;
  if (!read_base(reading, bytes, size, error)) return false;
  (void)XXH64_update(changes->sum, page ? page : bytes, size);
  reading->at += size;
  if (reading->as == CHANGES_WHOLE && page) memcpy(bytes, page, size);
  if (reading->as == CHANGES_OVER_BASE && page) archive_xor(bytes, page, size);
  if (reading->as == CHANGES_OVER_BASE && !page) memset(bytes, 0, size);
  return true;
}

static bool read_next(void *data, unsigned char *bytes, size_t size, struct error *error) {
  struct reading *reading = data;
  struct changes *changes = reading->changes;
  while (size) {
    size_t piece = changes->page_size - reading->at % changes->page_size;
    if (piece > size) piece = size;
    if (!read_piece(reading, bytes, piece, error)) return false;
    bytes += piece;
    size -= piece;
  }
  while (reading->as == CHANGES_WHOLE && changes->first && changes->first->end * changes->page_size <= reading->at)
    free_first_block(changes);
  return reading->at < changes_image_size(changes) || XXH64_digest(changes->sum) == changes->checksum ||
         error_set(error, ERROR_SYSTEM, "the base of the backup is not what it was; is the memory of this machine sound?");
}

static bool read_zeros(void *data, unsigned char *bytes, size_t size, struct error *error) {
  (void)data;
  (void)error;
  memset(bytes, 0, size);
  return true;
}

/* Where all pages are here, the whole image needs no base. */
static bool open_base(struct reading *reading, const struct changes_base *base, struct error *error) {
  const struct changes *changes = reading->changes;
  bool is_needed = reading->as == CHANGES_OVER_BASE || (reading->as == CHANGES_WHOLE && changes->copied < changes->page_count);
  if (!base->archive || !is_needed) return true;
  reading->base = archive_reader_open(base->archive, base->archive_size, base->key, error);
  reading->base_left = base->size;
  return reading->base != NULL;
}

bool changes_pack(struct changes *changes, enum changes_as as, const struct changes_base *base, struct manifest *manifest,
                  const struct keyring_key *key, struct buffer *archive, struct error *error) {
  struct reading reading = {.changes = changes, .as = as};
  struct archive_content content = {.page_size = (int64_t)changes->page_size,
                                    .size = changes_image_size(changes),
                                    .checksum = changes->checksum,
                                    .read = as == CHANGES_NONE ? read_zeros : read_next,
                                    .data = &reading};
  assert(changes->added == changes->page_count);
  (void)XXH64_reset(changes->sum, 0);
  bool ok = open_base(&reading, base, error) && archive_pack(manifest, &content, key, archive, error);
  archive_reader_close(reading.base);
  return ok;
}
