/* Methods that are checked and answered, but have no effect: nobody in the sandbox could see it. */
#pragma once

/* The result that the method always has, once its parameters are checked, as JSON. NULL: it is no such method. */
const char *checked_answer(const char *method);
