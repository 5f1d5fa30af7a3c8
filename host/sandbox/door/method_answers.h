/* What a test has arranged that methods answer, instead of having an effect: for methods that the sandbox does not emulate, and
 * for answers that it would not give. */
#pragma once
#include <stdbool.h>

struct call;
struct error;
struct json_t;
struct method_answers;

struct method_answers *method_answers_new(void);
void method_answers_free(struct method_answers *answers); /* NULL does no harm */
void method_answers_clear(struct method_answers *answers);

/* Arranges what the JSON object says: {"method", "answer"?}. The answer is a result, or an object with "error_code" and perhaps
 * "description"; without one, the method is as before. False: ERROR_INPUT. */
bool method_answers_set(struct method_answers *answers, const struct json_t *json, struct error *error);

/* Answers the call, where that was arranged for its method. False: it was not. */
bool method_answers_give(const struct method_answers *answers, struct call *call);
