/* GLib, opened when something first needs it: what Unicode says of letters beyond ASCII, the time zones of the world, and
 * signatures of the sandbox. The only place that includes its header. Any thread. */
#pragma once
#include <glib.h>

struct error;

/* Every function that is used: glib->unichar_type is g_unichar_type. */
#define GLIB_LIBRARY_FUNCTIONS(each)                                                                                      \
  each(unichar_type) each(unichar_tolower) each(unichar_toupper) each(unichar_decompose) each(unichar_combining_class)    \
      each(utf8_strdown) each(utf8_strup) each(utf8_casefold) each(utf8_normalize) each(time_zone_new_identifier)         \
          each(time_zone_unref) each(time_zone_find_interval) each(time_zone_get_offset) each(time_zone_get_abbreviation) \
              each(time_zone_is_dst) each(compute_hmac_for_data) each(free)

struct glib_library {
#define GLIB_LIBRARY_DECLARE(name) __typeof__(g_##name) *name;
  GLIB_LIBRARY_FUNCTIONS(GLIB_LIBRARY_DECLARE)
};

/* Borrowed, for the life of the process. user: what needs it, in the plural, for the error's text. NULL, and ERROR_SYSTEM: this
 * machine has no GLib, or one that is too old. Each call tries again, since GLib can be installed while the bots run. */
const struct glib_library *glib_library_open(const char *user, struct error *error);

/* The same, for callers that ask for each character and can do without: NULL is not tried again. */
const struct glib_library *glib_library_find(void);
