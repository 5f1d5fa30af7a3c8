/* The holding of what has arrived in memory, where the data is in this process: the inbox has it, and the delivery hands it to
 * the scripts at once. Internal to the floor. */
#pragma once

struct keeper;

struct keeper *holding_open(const struct keeper *parts); /* given: its way's close() */
