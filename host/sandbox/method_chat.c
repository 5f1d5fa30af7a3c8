#include "sandbox/methods.h"
const struct method method_chat[] = {{0}};
