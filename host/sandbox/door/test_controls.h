/* Entries of the control API that only a test needs: they arrange what no person could, and show what no person sees. False:
 * ERROR_INPUT, and nothing has happened. */
#pragma once
#include <stdbool.h>

struct control;
struct error;

bool test_controls_add_update(struct control *control, struct error *error); /* POST updates {update}: any update, as it is */
bool test_controls_advance_clock(struct control *control, struct error *error); /* POST clock {advance_s} */
bool test_controls_add_fault(struct control *control, struct error *error);     /* POST faults; faults.h has the input */
bool test_controls_list_faults(struct control *control, struct error *error);   /* GET faults */
bool test_controls_set_limits(struct control *control, struct error *error);    /* POST limits {enabled} */
bool test_controls_clear_faults(struct control *control, struct error *error);  /* DELETE faults */
/* POST method_answers; method_answers.h has the input */
bool test_controls_set_method_answer(struct control *control, struct error *error);
bool test_controls_list_requests(struct control *control, struct error *error); /* GET requests {after?} */
bool test_controls_show_status(struct control *control, struct error *error);   /* GET status */
bool test_controls_reset(struct control *control, struct error *error);         /* POST reset */
