/* What a command sets for the whole process. Internal to the floor and main.c. */
#pragma once

/* Before anything else is opened: descriptors 0, 1 and 2 are in use from then on. */
void process_open_standard_files(void);

/* A connection that ends is an error of its call instead of SIGPIPE, and as many files may be open as the system allows. */
void process_prepare(void);

/* Returns the exit code of a command that ends with `code`: what could not be written to the standard output is told, and makes
 * a success a failure. */
int process_end_output(int code);
