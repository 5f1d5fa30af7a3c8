/* The lists of headers that requests without headers of their own share, made once for each content type: easy handles keep
 * pointing to them. A line such as "Expect:" keeps curl from sending that header. The loop's thread only. Internal to the
 * floor. */
#pragma once

struct curl_slist;
struct header_list;
struct http_request;

/* What the first line of the request's list is to be: a literal. */
const char *header_list_first(const struct http_request *request);

/* Lives as long as the lists. content_type: "" for none. NULL: there are too many, or out of
 * memory. */
struct curl_slist *header_list_find(struct header_list **lists, const char *first, const char *content_type);
void header_list_free(struct header_list *lists); /* NULL does no harm */

/* Given: curl_slist_free_all(). content_type: NULL for none; more: NULL-terminated, or NULL. */
struct curl_slist *header_list_make(const char *first, const char *content_type, const char *const *more);

/* For another place than the one that it was made for: nothing but the type of the body is sent from then on. */
void header_list_empty(struct curl_slist *list);
