/* The model in a file: JSON, written whole beside the old one and put in its place; the bytes of files are in FILE.files/, each
 * written once. */
#pragma once
#include <stdbool.h>

struct error;
struct model;

/* A file that is not there is an empty Telegram. False: ERROR_INPUT, it can't be read; the model is then of no use. */
bool store_load(struct model *model, const char *path, struct error *error);

/* False: ERROR_SYSTEM; the old file is as it was. */
bool store_save(const struct model *model, const char *path, struct error *error);
