/* A mutator for texts that must be nearly right to get far: it puts one piece of a list at a place where a piece may begin. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_most, unsigned seed);

static inline unsigned pieces_random(unsigned *seed, size_t most) {
  *seed = *seed * 1103515245 + 12345;
  return (*seed >> 16) % (unsigned)most;
}

/* Where a piece goes: behind one of the bytes `after`, or, where there is none, at the end. */
static inline size_t pieces_place(const uint8_t *bytes, size_t size, char after, unsigned *seed) {
  size_t count = 0;
  for (size_t i = 0; i < size; i++) count += bytes[i] == (uint8_t)after;
  if (!count) return size;
  size_t wanted = pieces_random(seed, count);
  for (size_t i = 0;; i++) {
    if (bytes[i] == (uint8_t)after && wanted-- == 0) return i + 1;
  }
}

/* A third of the changes are the fuzzer's own. */
static inline size_t pieces_mutate(uint8_t *bytes, size_t size, size_t size_most, unsigned seed, char after,
                                   const char *const *pieces, size_t count) {
  if (pieces_random(&seed, 3) == 0) return LLVMFuzzerMutate(bytes, size, size_most);
  const char *piece = pieces[pieces_random(&seed, count)];
  size_t place = pieces_place(bytes, size, after, &seed), added = strlen(piece);
  if (size + added > size_most) return LLVMFuzzerMutate(bytes, size, size_most);
  memmove(bytes + place + added, bytes + place, size - place);
  memcpy(bytes + place, piece, added);
  return size + added;
}
