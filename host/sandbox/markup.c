#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "sandbox/entity_list.h"

bool markup_read_markdown(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  (void)list;
  return buffer_add(plain, text, size, error);
}
bool markup_read_markdown2(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  (void)list;
  return buffer_add(plain, text, size, error);
}
bool markup_read_html(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error) {
  (void)list;
  return buffer_add(plain, text, size, error);
}
