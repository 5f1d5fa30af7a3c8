/* Telegram as far as the backups see it: registers, messages, the queue of updates, and requests that may take effect late or
 * never, also after the host that made them is dead. Below it the invariants, which are checked after every change of it.
 *
 * A state of the bots' data is one number: n stands for "updates 0 .. n-1 are in it", handled or in the saved inbox. So "older"
 * is "smaller", and what is lost can be counted. */

/* ---- how large the world is; tests/model/run.lua sets these ---- */
#ifndef DURABLE
#define DURABLE 1 /* --durable; 0: updates are confirmed as they arrive */
#endif
#ifndef UPDATES
#define UPDATES 2
#endif
#ifndef STARTS
#define STARTS 1 /* hosts that are started beside the one that reigns */
#endif
#ifndef LATE
#define LATE 0 /* requests without an answer: each takes effect at once, later or never */
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef STOPS
#define STOPS 0 /* SIGTERM, in the middle of a save too; a supervisor starts the host again */
#endif
#ifndef DAYS
#define DAYS 0 /* a day is over: a new anchor, and the old one stays as a copy */
#endif
#ifndef BASES
#define BASES 0 /* new bases that are written */
#endif
#ifndef EMPTY
#define EMPTY 0 /* updates that change nothing */
#endif
#ifndef BURIES
#define BURIES 0 /* the admin pins a message of his own; needs POINTERS */
#endif
#ifndef REGISTERS
#define REGISTERS 3 /* for pointers: more than writes that can be late or frozen at once */
#endif
#ifndef DOUBTS
#define DOUBTS 0 /* a host takes one that is only slow for dead */
#endif
#ifndef PUSH
#define PUSH 0 /* the first of the hosts that are started is `lunokhod backup push` */
#endif
#ifndef PLANNED
#define PLANNED (!DURABLE && !LATE && !KILLS && !DOUBTS) /* by default only a planned handover promises to lose nothing */
#endif

#define MESSAGES 14
#define NONCES   12
#define PARTS    5
#define TORN     15 /* the state of a host that has missed an update */

/* What a manifest says of its host. */
#define PUBLISHED 0 /* has taken over, and not polled yet */
#define SERVING   1
#define RELEASED  2
#define MARK(m)   (mark[m] & 3)
#define WITH_PUSH 4 /* what the operator pushed is in it */

/* ---- what Telegram holds ---- */
byte crown = 1; /* the nonce in the menu of the admin's chat: the last writer wins */
byte state[MESSAGES], mark[MESSAGES], author[MESSAGES];
bit exists[MESSAGES], pinned[MESSAGES];
byte pointed[MESSAGES]; /* by which registers, a bit each: all hosts write all of them */
byte next_message = 2;
byte newest = 1;   /* what a reader finds: the latest message that is pinned and not buried, or pointed to */
byte buried;       /* pins of messages up to this one are hidden by the admin's own */
byte confirmed;    /* Telegram has forgotten the updates below */
byte part_of[MESSAGES]; /* the base that a message's archive needs */
bit part_exists[PARTS];
byte copy_of[MESSAGES]; /* the earlier day's message that a message lists */
byte next_part = 2;

/* ---- what is left of the budgets ---- */
byte late = LATE, kills = KILLS, stops = STOPS, days = DAYS, bases = BASES, empties = EMPTY, buries = BURIES, doubts = DOUBTS;

/* ---- what the hosts know of messages; here, so that numbers can be given anew ---- */
#define HOSTS (STARTS + 1)
typedef view {
  byte own_message;         /* our message that is published */
  byte sent_message;        /* one that is sent, and not published yet */
  byte predecessor_message; /* whose data we took, until it has been cleaned up */
  byte old_own_message;     /* ours before the last publication */
  byte listed_message       /* an earlier day's, which our manifest lists */
};
view known[HOSTS];

/* ---- what only the proof knows; sets of nonces are bits ---- */
byte saved;        /* the highest state that was acknowledged, and seen to be under its author's crown */
bit was_pushed;    /* what the operator pushed is published */
short alive = 2;   /* hosts that run and have not been fenced */
short at_work = 2; /* those between publication and last content, who may know what no message has */
short landed = 2;  /* raises that have taken effect */
short past;        /* reigns before one that has published, acknowledged and seen to be under the crown */
#define is_in(set, nonce_)     ((set & (1 << (nonce_))) != 0)
#define add_to(set, nonce_)    set = set | (1 << (nonce_))
#define take_from(set, nonce_) set = set & ~(1 << (nonce_))

/* ---- requests ---- */
#define CROWN       1 /* setMyCommands, chat of the admin */
#define EDIT        2 /* editMessageMedia */
#define PIN         3 /* pinChatMessage */
#define POINT       4 /* setMyCommands, a language of its own */
#define CONFIRM     5 /* the offset of a getUpdates */
#define DELETE      6 /* deleteMessage: an anchor */
#define DELETE_PART 7 /* deleteMessage: a part of a base */
typedef request { byte kind, x, state, mark, part, copy };
request flight[2];

hidden byte at, to, other, nonce; /* within one step */

inline find_newest() {
  newest = next_message - 1;
  do
  :: newest > 0 && !(exists[newest] && ((pinned[newest] && newest > buried) || pointed[newest] != 0)) -> newest--
  :: else -> break
  od
}

/* The invariants. */
inline check() {
  find_newest();
  assert(newest != 0);                           /* there is always something to restore from */
  assert(state[newest] != TORN);
  assert(state[newest] >= saved);                /* what was saved is never written over by something older ... */
  assert(!is_in(past, author[newest]));          /* ... nor does an earlier reign come back */
#if DURABLE
  assert(state[newest] >= confirmed);            /* a confirmed update is in what the next restore finds */
#endif
#if BASES || DAYS
  assert(part_exists[part_of[newest]]);          /* it can be read ... */
  assert(copy_of[newest] == 0 || (exists[copy_of[newest]] && part_exists[part_of[copy_of[newest]]])); /* ... and so can each copy it lists */
#endif
#if PUSH
  assert(!was_pushed || (mark[newest] & WITH_PUSH));
#endif
}

inline take_effect(kind_, x_, state_, mark_, part_, copy_) {
  d_step {
  if
  :: kind_ == EDIT ->
     if
     :: exists[x_] -> state[x_] = state_; mark[x_] = mark_; part_of[x_] = part_; copy_of[x_] = copy_
     :: else
     fi
  :: kind_ == PIN -> pinned[x_] = exists[x_]
  :: kind_ == CROWN -> crown = x_; add_to(landed, x_); take_from(past, x_)
#ifdef POINTERS
  :: kind_ == POINT ->
     at = 0;
     do
     :: at < MESSAGES -> take_from(pointed[at], state_); at++
     :: else -> break
     od;
     add_to(pointed[x_], state_)
#endif
  :: kind_ == CONFIRM -> if :: x_ > confirmed -> confirmed = x_ :: else fi
  :: kind_ == DELETE -> exists[x_] = 0; pinned[x_] = 0; pointed[x_] = 0
  :: kind_ == DELETE_PART -> part_exists[x_] = 0
  fi;
  check()
  }
}

inline put_in_flight(slot, kind_, x_, state_, mark_, part_, copy_) {
  late--;
  flight[slot].kind = kind_; flight[slot].x = x_; flight[slot].state = state_; flight[slot].mark = mark_;
  flight[slot].part = part_; flight[slot].copy = copy_
}

/* Takes effect and is answered; or there is no answer, and the network decides. Sets `answered`. */
inline request_start(kind_, x_, state_, mark_, part_, copy_) {
  if
  :: take_effect(kind_, x_, state_, mark_, part_, copy_); answered = 1
#if LATE
  :: late > 0 && flight[0].kind == 0 -> put_in_flight(0, kind_, x_, state_, mark_, part_, copy_); answered = 0
#endif
#if LATE > 1
  :: late > 0 && flight[0].kind != 0 && flight[1].kind == 0 -> put_in_flight(1, kind_, x_, state_, mark_, part_, copy_); answered = 0
#endif
  fi
}

inline clear_flight(slot) {
  flight[slot].kind = 0; flight[slot].x = 0; flight[slot].state = 0; flight[slot].mark = 0; flight[slot].part = 0; flight[slot].copy = 0
}

#define ARRIVES(slot) \
  atomic { flight[slot].kind != 0 -> \
    if \
    :: take_effect(flight[slot].kind, flight[slot].x, flight[slot].state, flight[slot].mark, flight[slot].part, flight[slot].copy) \
    :: skip /* never */ \
    fi; \
    clear_flight(slot) }

#if LATE
proctype network() {
end:
  do
  :: ARRIVES(0)
#if LATE > 1
  :: ARRIVES(1)
#endif
  od
}
#endif

#if BURIES
/* A person, who pins what he likes. */
proctype admin() {
end:
  do
  :: atomic { buries > 0 -> buries--; buried = next_message; next_message++; check() }
  od
}
#endif

/* ---- forgetting: what nobody can see any more makes no difference, so its numbers are given anew ---- */
#define names_message(kind_) (kind_ == EDIT || kind_ == PIN || kind_ == POINT || kind_ == DELETE)
#define is_named_by(slot, m) ((names_message(flight[slot].kind) && flight[slot].x == m) || flight[slot].copy == m)
#define is_known_to(h, m) \
  (known[h].own_message == m || known[h].sent_message == m || known[h].predecessor_message == m || known[h].old_own_message == m || known[h].listed_message == m)

/* Leaves in `other` whether anybody can come upon the message `at`. */
inline look_for_names() {
  other = (exists[at] && (pinned[at] || pointed[at] != 0)) || buried == at || is_named_by(0, at) || is_named_by(1, at) ||
          is_known_to(0, at) || (HOSTS > 1 && is_known_to(1 % HOSTS, at)) || (HOSTS > 2 && is_known_to(2 % HOSTS, at)) ||
          (HOSTS > 3 && is_known_to(3 % HOSTS, at));
  nonce = 1;
  do
  :: nonce < next_message -> other = other || (exists[nonce] && copy_of[nonce] == at); nonce++
  :: else -> break
  od
}

#define RENAME(field) if :: field == at -> field = to :: else fi
inline rename() { /* the message `at` is `to` from now on */
  state[to] = state[at]; mark[to] = mark[at]; author[to] = author[at]; exists[to] = exists[at]; pinned[to] = pinned[at];
  pointed[to] = pointed[at]; part_of[to] = part_of[at]; copy_of[to] = copy_of[at];
  RENAME(newest); RENAME(buried);
  if :: names_message(flight[0].kind) && flight[0].x == at -> flight[0].x = to :: else fi;
  if :: names_message(flight[1].kind) && flight[1].x == at -> flight[1].x = to :: else fi;
  RENAME(flight[0].copy); RENAME(flight[1].copy);
  other = 0;
  do
  :: other < HOSTS ->
     RENAME(known[other].own_message); RENAME(known[other].sent_message); RENAME(known[other].predecessor_message); RENAME(known[other].old_own_message);
     RENAME(known[other].listed_message); other++
  :: else -> break
  od;
  other = 1;
  do
  :: other < MESSAGES -> RENAME(copy_of[other]); other++
  :: else -> break
  od
}

inline wipe() {
  state[at] = 0; mark[at] = 0; author[at] = 0; exists[at] = 0; pinned[at] = 0; pointed[at] = 0; part_of[at] = 0; copy_of[at] = 0
}

/* Leaves in `other` whether the nonce `to` still stands anywhere. */
inline look_for_nonce() {
  other = (crown == to) || is_in(alive, to) || is_in(at_work, to) || (flight[0].kind == CROWN && flight[0].x == to) ||
          (flight[1].kind == CROWN && flight[1].x == to);
  at = 1;
  do
  :: at < next_message -> other = other || author[at] == to; at++
  :: else -> break
  od
}

inline forget() {
  d_step {
    at = 1; to = 1;
    do
    :: at < next_message ->
       look_for_names();
       if
       :: !other -> wipe()
       :: other && at != to -> rename(); wipe(); to++
       :: else -> to++
       fi;
       at++
    :: else -> break
    od;
    next_message = to;
    assert(next_message < MESSAGES);
    to = 1;
    do
    :: to < NONCES ->
       look_for_nonce();
       if :: !other -> take_from(landed, to); take_from(past, to) :: else fi;
       to++
    :: else -> break
    od;
    at = 0; to = 0; other = 0; nonce = 0
  }
}

/* The lowest nonce that stands nowhere is as good as a random one. Leaves it in `nonce`. */
inline choose_nonce() {
  d_step {
    to = 1;
    do
    :: look_for_nonce();
       if :: other -> to++ :: else -> break fi
    od;
    assert(to < NONCES);
    nonce = to; at = 0; to = 0; other = 0;
    take_from(landed, nonce); take_from(past, nonce)
  }
}

/* One host reigns, with nothing received yet. */
inline begin_world() {
  exists[1] = 1; pinned[1] = 1; author[1] = 1; mark[1] = SERVING; part_of[1] = 1; part_exists[1] = 1; known[0].own_message = 1;
#ifdef POINTERS
  pointed[1] = (1 << REGISTERS) - 1;
#endif
}
