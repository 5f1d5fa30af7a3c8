/* The lists of headers that requests without headers of their own share, made once for each content type: easy handles keep
 * pointing to them. The loop's thread only. Internal to the floor. */
#pragma once

struct curl_slist;
struct header_list;

/* Lives as long as the lists. content_type: "" for none. NULL: there are too many, or out of memory. */
struct curl_slist *header_list_find(struct header_list **lists, const char *content_type);
void header_list_free(struct header_list *lists); /* NULL does no harm */

/* Given: curl_slist_free_all(). The first is "Expect:". content_type: NULL for none; more: NULL-terminated, or NULL. */
struct curl_slist *header_list_make(const char *content_type, const char *const *more);
