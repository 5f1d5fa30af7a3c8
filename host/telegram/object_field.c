/* Tells whether an empty table is an object or a list, by its field's name. By the name alone, since a name means the same
 * in all methods; the generator looks after the one that does not. */
#include "telegram/object_field.h"

#include <stddef.h>
#include <string.h>

static const struct {
  const char *name;
  unsigned lists;
} objects[] = {
#include "telegram/object_field_table.h"
};

/* Asked only about tables that are empty, so a walk through sixty names will do. */
bool object_field_is(const char *name, unsigned lists) {
  for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
    if (strcmp(objects[i].name, name) == 0) return objects[i].lists == lists;
  }
  return false;
}
