/* The model in a file, as JSON. A save writes a new file and then renames it over the old one, so that a crash leaves one of
 * both. The bytes of files that were sent are beside it in the folder FILE.files/, each written once, and removed by the first
 * save after the model has forgotten it. */
#pragma once
#include <stdbool.h>

struct error;
struct model;

/* Fills an empty model; a missing file leaves it empty. False: ERROR_INPUT, the file can't be read, and the model can only be
 * freed. */
bool store_load(struct model *model, const char *path, struct error *error);

/* False: ERROR_SYSTEM; the old file is as it was. */
bool store_save(const struct model *model, const char *path, struct error *error);
