/* How many people there may be. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct error;
struct model;

/* Whether there is room for so many more. False: ERROR_FULL. */
bool account_may_add(const struct model *model, int64_t count, struct error *error);
