/* libcurl's multi handle on the loop: its sockets, its timer, its connections. For net/http.c and the group alone; curl's
 * handles are void pointers here, so that curl's headers stay out of this one. The loop's thread only. */
#pragma once
#include <stdbool.h>

struct curl_sockaddr;
struct loop;
struct multi;

/* A transfer has ended with `code` (a CURLcode). It is not in the multi any more. Comes from the loop, never from within curl,
 * so everything is allowed here. */
typedef void (*multi_ended)(void *easy, int code, void *data);

/* Called each time after curl has worked: the place to act upon what its callbacks have noticed, since they must not act. */
typedef void (*multi_worked)(void *data);

/* Given: multi_retire(). NULL when curl has no memory. */
struct multi *multi_open(struct loop *loop, unsigned max_connections, multi_ended ended, multi_worked worked, void *data);

/* Takes no more transfers; once the last one that it has is gone it closes its connections, calls closed(data) and frees
 * itself, perhaps before this returns. */
void multi_retire(struct multi *multi, void (*closed)(void *data), void *data);

/* easy is kept until ended or removed, and there is room for it. is_new: it was in another multi before, or in none. All that
 * are added in one turn of the loop begin at its end; where curl has no memory for one, it ends with CURLE_OUT_OF_MEMORY. */
void multi_add(struct multi *multi, void *easy, bool is_new);
bool multi_has_room(const struct multi *multi);     /* for one more: else that would wait for a connection */
void multi_remove(struct multi *multi, void *easy); /* the connection that it was using is dropped */

/* Before CURLOPT_WRITEFUNCTION says CURL_WRITEFUNC_PAUSE: else its connection would be taken for an idle one, and what comes
 * there for its end. */
void multi_pause(struct multi *multi, void *easy);

/* For CURLOPT_OPENSOCKETFUNCTION: a socket that the multi watches until curl closes it. CURL_SOCKET_BAD: see errno. */
int multi_open_socket(struct multi *multi, const struct curl_sockaddr *address);
