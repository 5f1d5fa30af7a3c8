/* Calls of the Bot API: order within a chat, pauses after a 429, which calls may be repeated, and what an answer means. The
 * body of a success is handed over unread. The loop's thread only. No log line or error ever holds the token. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "telegram/call_count.h"
#include "telegram/download.h"
#include "telegram/method.h"
#include "telegram/notice.h"
#include "telegram/object_field.h"
#include "telegram/text.h"
#include "telegram/transport.h"

struct clock;
struct http_part;
struct idle_waiter;
struct telegram;
struct telegram_call;

/* transport is taken; clock is kept. Given: telegram_close(). */
struct telegram *telegram_open(struct transport transport, struct clock *clock);
void telegram_close(struct telegram *telegram); /* every call must have ended or been cancelled. NULL does no harm */

struct telegram_request {
  const char *method; /* in Telegram's spelling */
  const char *body;   /* a JSON object; NULL: no parameters. Kept until done or cancelled, like all below */
  size_t size;
  const struct http_part *parts; /* instead of body: multipart */
  size_t part_count;
  int64_t chat_id;       /* whose order and pauses it obeys; 0, or a method that says nothing in a chat: its method's pauses */
  bool out_of_order;     /* obeys the chat's pause, but does not take part in its order */
  bool own_pauses;       /* no order, and no pauses but those of its method in this chat */
  bool no_retry;         /* every failure ends the call, a 429 too; it waits for no pause and asks for none */
  bool is_held;          /* takes its turn, and is sent only after telegram_call_release() */
  bool own_connection;   /* as of net/http.h: no request happens twice */
  const void *asker;     /* as of struct transport_request */
  unsigned timeout_ms;   /* a try ends when no byte moves for so long; 0: 30,000, 120,000 for the answer to an upload */
  size_t answer_ceiling; /* 0: 8 MiB */
  int64_t (*time_left)(void *data); /* asked when a try begins: ms, before whose end no try waits for an answer; or NULL */
  void (*progress)(size_t sent, size_t received, void *data); /* or NULL */
};

struct telegram_answer {
  /* ERROR_NONE: it was done. ERROR_REFUSED: Telegram refused it, see code. ERROR_NETWORK: not done, after all tries.
   * ERROR_UNCERTAIN: it may have been done (a 5xx, a timeout, half an answer, no JSON). The rest as of net/http.h. */
  struct error error;         /* text: "sendMessage: Bad Request: chat not found" */
  int code;                   /* Telegram's error_code, or the HTTP status; 0: no answer */
  const char *description;    /* Telegram's own words; "" without */
  int retry_after;            /* seconds, at most 3,600; 0: none */
  int64_t paused_ms;          /* as of telegram_call_take_pause() */
  int64_t migrate_to_chat_id; /* 0: none */
  const char *body; /* the JSON object of a success, {"ok":true,"result":...}; borrowed; a NUL follows, perhaps after blanks */
  size_t size;
};
typedef void (*telegram_done)(const struct telegram_answer *answer, void *data);

/* done comes exactly once, from the loop, unless it is cancelled. Given: owned by telegram until then. A call that provably had
 * no effect is repeated: after a failed connection (5 tries, backing off), a 429 (when its retry_after is over, until the
 * caller cancels), a migration (once, with the group's new id). A method that begins with "get" is also repeated after 5xx and
 * uncertain ends. Nothing else is repeated. */
struct telegram_call *telegram_start(struct telegram *telegram, const struct telegram_request *request, telegram_done done,
                                     void *data);
void telegram_call_cancel(struct telegram_call *call); /* no callback after this; what was sent may still take effect */

/* Of a call that is_held. */
bool telegram_call_has_turn(const struct telegram_call *call);
void telegram_call_release(struct telegram_call *call); /* from here on it is as any other */

/* ms for which Telegram made this call wait since the last call of this function, or still makes it wait; 0: none. */
int64_t telegram_call_take_pause(struct telegram_call *call);

struct telegram_pause { /* which an answer has just asked for */
  const char *method;
  int64_t chat_id; /* 0: none */
  int seconds;
  bool is_of_chat; /* it holds up all of the chat, not only that method in it */
};
typedef void (*telegram_paused)(const struct telegram_pause *pause, void *data);

/* Who is told of those of five minutes or more. NULL: nobody. */
void telegram_on_long_pause(struct telegram *telegram, telegram_paused paused, void *data);

/* Who is told of each that begins, for the bot's other hosts. NULL: nobody. And one that another host was asked for: calls that
 * begin from now on wait for its end, for an hour at most. */
void telegram_on_pause(struct telegram *telegram, telegram_paused paused, void *data);
void telegram_hold(struct telegram *telegram, const struct telegram_pause *pause);

/* May calls of handlers (those with an asker) leave? Asked before each try; one that may not is tried again soon. */
void telegram_set_guard(struct telegram *telegram, bool (*may_send)(void *data), void *data);

/* Calls idle(data) once, from the loop, when every call has ended, waiting ones included. waiter: see common/idle.h. */
void telegram_on_idle(struct telegram *telegram, struct idle_waiter *waiter, void (*idle)(void *data), void *data);
const struct call_counts *telegram_counts(const struct telegram *telegram); /* borrowed */
size_t telegram_in_flight(const struct telegram *telegram);                 /* calls that have begun and not ended */
void telegram_refresh(struct telegram *telegram);                           /* drops idle connections and resolves names anew */
