/* A bar chart as the bytes of a PNG, drawn in memory at once, from its numbers and texts alone. Knows nothing of Lua.
 * The loop's thread only, which it holds up: 800 by 450 pixels take about 8 ms. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct buffer;
struct error;

#define CHART_BARS_MAX 400
#define CHART_SIDE_LEAST 100  /* pixels */
#define CHART_SIDE_MOST 1600  /* pixels; a square of it takes 60 ms */
#define CHART_VALUE_MOST 1e15 /* what people can still read */

struct chart {               /* all pointers are borrowed */
  const double *values;      /* each from 0 to CHART_VALUE_MOST */
  const char *const *labels; /* below the bars, UTF-8; NULL: none, as each may be */
  int count;                 /* of both, 1 to CHART_BARS_MAX */
  double line;               /* a dashed line at this height, up to CHART_VALUE_MOST; what passes it is red. 0: none */
  const char *title;         /* above it all, UTF-8; NULL: none */
  int width, height;         /* pixels, each within the limits above */
};

/* Appends the picture to png. What is too near to its neighbour to be read is left out. False: ERROR_SYSTEM (no cairo here),
 * ERROR_MISUSE (a text is not UTF-8), ERROR_MEMORY, ERROR_FULL; then png is as it was. */
bool chart_draw(const struct chart *chart, struct buffer *png, struct error *error);
