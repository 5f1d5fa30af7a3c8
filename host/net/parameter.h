/* The parameters of a request, in the order of arrival: those of the query string, then those of the body. Names, values and
 * file names are the list's own. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct server_parameter {
  const char *name;
  const char *value; /* bytes; followed by a NUL that does not count */
  size_t size;
  const char *file_name; /* not NULL: this part is a file */
};

struct parameter_list {
  struct server_parameter *items;
  size_t count;
};

void parameter_list_release(struct parameter_list *list);

/* Adds one. file_name NULL: it is no file. All are copied. False: there is no memory, and nothing has changed. */
bool parameter_list_add(struct parameter_list *list, const char *name, const char *value, size_t size, const char *file_name);
bool parameter_list_extend(struct parameter_list *list, const char *data, size_t size); /* the last one's value */
void parameter_list_drop_last(struct parameter_list *list);

/* Adds those of a URL-encoded form, "a=1&b=2". False: there is no memory. */
bool parameter_list_add_encoded(struct parameter_list *list, const char *data, size_t size);

/* Decodes "%41" where two hexadecimal digits follow, and, if so wished, '+' as a blank. Returns the new size. */
size_t parameter_decode(char *text, size_t size, bool has_plus);
