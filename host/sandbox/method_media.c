#include "sandbox/methods.h"
const struct method method_media[] = {{0}};
