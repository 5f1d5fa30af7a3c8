#include "net/parameter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"

/* A value's memory is a power of two, so that an upload of many pieces is copied only a few times. */
static size_t room_for(size_t size) {
  size_t room = 16;
  while (room < size + 1) room *= 2;
  return room;
}

static void release(struct server_parameter *parameter) {
  free((char *)parameter->name);
  free((char *)parameter->value);
  free((char *)parameter->file_name);
}

void parameter_list_release(struct parameter_list *list) {
  for (size_t i = 0; i < list->count; i++) release(&list->items[i]);
  free(list->items);
  *list = (struct parameter_list){0};
}

bool parameter_list_add(struct parameter_list *list, const char *name, const char *value, size_t size, const char *file_name) {
  size_t count = list->count;
  bool is_full = (count & (count - 1)) == 0; /* the list's room is a power of two as well */
  struct server_parameter *items = list->items;
  if (is_full) items = memory_try_resize(items, (count ? count * 2 : 1) * sizeof *items);
  if (!items) return false;
  list->items = items;
  char *copy = memory_try_resize(NULL, room_for(size));
  if (!copy) return false;
  if (size) memcpy(copy, value, size);
  copy[size] = '\0';
  items[list->count++] = (struct server_parameter){
      .name = memory_copy_text(name), .value = copy, .size = size, .file_name = file_name ? memory_copy_text(file_name) : NULL};
  return true;
}

bool parameter_list_extend(struct parameter_list *list, const char *data, size_t size) {
  struct server_parameter *parameter = &list->items[list->count - 1];
  size_t whole = parameter->size + size;
  char *value = (char *)parameter->value;
  if (room_for(whole) > room_for(parameter->size)) value = memory_try_resize(value, room_for(whole));
  if (!value) return false;
  if (size) memcpy(value + parameter->size, data, size);
  value[whole] = '\0';
  parameter->value = value;
  parameter->size = whole;
  return true;
}

void parameter_list_drop_last(struct parameter_list *list) { release(&list->items[--list->count]); }

static int digit_of(char c) {
  if (!isxdigit((unsigned char)c)) return -1;
  return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

size_t parameter_decode(char *text, size_t size, bool has_plus) {
  size_t to = 0;
  for (size_t at = 0; at < size; at++) {
    int high = text[at] == '%' && at + 2 < size ? digit_of(text[at + 1]) : -1, low = high >= 0 ? digit_of(text[at + 2]) : -1;
    if (low >= 0) {
      text[to++] = (char)(high * 16 + low);
      at += 2;
    } else {
      text[to++] = text[at] == '+' && has_plus ? ' ' : text[at];
    }
  }
  return to;
}

/* One "name=value". */
static bool add_pair(struct parameter_list *list, const char *data, size_t size) {
  const char *sign = memchr(data, '=', size);
  size_t name_size = sign ? (size_t)(sign - data) : size;
  char *copy = memory_try_resize(NULL, size + 2);
  if (!copy) return false;
  if (size) memcpy(copy, data, size);
  copy[parameter_decode(copy, name_size, true)] = '\0';
  char *value = sign ? copy + name_size + 1 : copy + size;
  size_t value_size = sign ? parameter_decode(value, size - name_size - 1, true) : 0;
  bool ok = parameter_list_add(list, copy, value, value_size, NULL);
  free(copy);
  return ok;
}

bool parameter_list_add_encoded(struct parameter_list *list, const char *data, size_t size) {
  for (const char *at = data, *end = data + size; at < end;) {
    const char *next = memchr(at, '&', (size_t)(end - at));
    if (!next) next = end;
    if (!add_pair(list, at, (size_t)(next - at))) return false;
    at = next + (next < end);
  }
  return true;
}
