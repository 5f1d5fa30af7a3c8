/* Methods that are checked and answered, but have no effect: nobody in the sandbox could see it, or an ordinary bot may not
 * call them. */
#pragma once

struct checked_answer {
  const char *method; /* in lower case */
  int code;           /* 0: it succeeds */
  const char *text;   /* the result as JSON, or Telegram's words */
};

/* What the method is always answered, once its parameters are checked. NULL: it is no such method. */
const struct checked_answer *checked_answer_find(const char *method);
