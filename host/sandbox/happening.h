/* What happens less often in the sandbox: a group moves, people vote, an inline result is chosen. Each answers a request of the control
 * API. False: ERROR_INPUT says what is wrong with the request, nothing has happened. */
#pragma once
#include <stdbool.h>

struct control;
struct error;

bool happening_migrate(struct control *control, struct error *error); /* POST migrations */
