#include "sandbox/methods.h"
const struct method method_edit[] = {{0}};
