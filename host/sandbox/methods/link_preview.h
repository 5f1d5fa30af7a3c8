/* The parameter link_preview_options, and its forerunner disable_web_page_preview. */
#pragma once
#include <stdbool.h>

struct call;

/* *preview: what of it Telegram shows again, a JSON object; NULL: nothing. Given: free(). Fails the call and returns false. */
bool link_preview_read(struct call *call, char **preview);
