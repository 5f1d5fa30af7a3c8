/* What a command sets for the whole process before it opens anything. Internal to the floor. */
#pragma once

/* A connection that ends is an error of its call instead of SIGPIPE, and as many files may be open as the system allows. */
void process_prepare(void);
