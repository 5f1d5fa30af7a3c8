/* The life of a host as far as its backups go: rules 1 to 10 of reigns, checked by SPIN over every order in which several
 * hosts, the network and the admin can act. A host may stand still between any two steps, for ever so long: that is a freeze.
 *
 * Each step names the function of host/backup/ that does it. README.md has the table, the assumptions and the results;
 * run.lua has the configurations. WITHOUT_... takes one rule out: then SPIN must find a fault. */
#include "telegram.pml"

#define SUPERVISED 0 /* reigns already as the model begins; is always started again */
#define DEPLOYED   1 /* is started beside it; may be given up until it has served once */
#define PUSHER     2 /* lunokhod backup push */

/* A process may be killed at each of its steps. */
#if KILLS
#define OR_KILLED :: atomic { kills > 0 -> kills--; goto killed }
#else
#define OR_KILLED
#endif

/* What this host knows of messages stands in telegram.pml. */
#define own         known[id].own_message
#define sent        known[id].sent_message
#define predecessor known[id].predecessor_message
#define old_own     known[id].old_own_message
#define copy        known[id].listed_message

#define is_ours (crown == me)
/* The predecessor is still the newest, and says what we have read. */
#define is_as_read (newest == predecessor && exists[predecessor] && state[predecessor] == n && MARK(predecessor) != RELEASED)
/* Whoever took the crown serves: the manifest names its reign's nonce. */
#define has_successor (!is_ours && author[newest] == crown && MARK(newest) == SERVING)
/* A host that lives may still write into the predecessor. */
#define may_write(h) (known[(h) % HOSTS].own_message == predecessor || known[(h) % HOSTS].sent_message == predecessor)
/* An edit of ours may still come and undo our last content. */
#define is_unsettled(slot) (flight[slot].kind == EDIT && flight[slot].x == own)
#define is_undone          (own != 0 && exists[own] && (state[own] != n || MARK(own) != RELEASED))
#define has_owner    (may_write(0) || may_write(1) || may_write(2) || may_write(3))

inline begin_anew() {
  take_from(alive, me);
  take_from(at_work, me);
  me = 0; n = 0; saved_to = 0; may_confirm = 0; own = 0; sent = 0; predecessor = 0; old_own = 0; answered = 0; is_serving = 0;
  is_stopping = 0; is_tainted = 0; is_day_over = 0; part = 1; old_part = 0; copy = 0; push = 0;
  forget()
}

/* After an acknowledged write and a look: whoever raises the crown later reads this, or something newer. */
inline remember_saved() {
  if :: saved_to > saved -> saved = saved_to :: else fi;
  past = landed & ~(1 << me)
}

/* Takes what the predecessor has written since we read it: later by its manifest's sequence, never only different, because a
 * late edit may have put something older into its place. */
inline read_predecessor_again() {
  if
#if PLANNED && !defined(WITHOUT_WAIT)
  :: atomic { !is_in(at_work, author[predecessor]) -> /* the deadline, which the publication has made longer */
#else
  :: atomic { true ->
#endif
       if
       :: exists[predecessor] && part_exists[part_of[predecessor]] &&
#ifdef WITHOUT_SEQUENCE
          state[predecessor] != n ->
#else
          state[predecessor] > n ->
#endif
          n = state[predecessor]; part = part_of[predecessor]
       :: else
       fi;
       assert(n != TORN || !is_ours) }
  OR_KILLED
  fi
}

/* A long poll is under way while the host saves; by default the next one confirms at once what it has brought. */
inline batch_may_arrive() {
  if
  :: n < UPDATES && confirmed <= n -> n++;
#if !DURABLE
     if :: take_effect(CONFIRM, n, 0, 0, 0, 0) :: skip fi
#endif
  :: skip
  fi
}

proctype host(byte id; byte role) {
  byte me, n;           /* our nonce; our data */
  byte saved_to;        /* the state that our message has, acknowledged */
  byte may_confirm;     /* the offset that the next poll may carry */
#ifdef POINTERS
  byte at_register; /* the next one that is written */
#endif
  byte part = 1, old_part, push; /* what our manifest says: base, the one before it, pushed data */
  bit answered, is_serving, is_stopping, is_tainted, is_day_over;

  if
  :: role == SUPERVISED -> atomic { me = 1; is_serving = 1; goto serve }
  :: else
  fi;

  /* ---- rule 1: crown_raise() ---- */
start:
#ifdef WITHOUT_READ_AFTER_RAISE
  atomic { predecessor = newest; n = state[newest] }
#endif
fresh_nonce:
  atomic { take_from(alive, me); choose_nonce(); me = nonce; add_to(alive, me) }
raise:
#ifdef WITHOUT_CROWN_FOR_PUSH
  if :: role == PUSHER -> goto find :: else fi;
#endif
  if
  :: atomic { request_start(CROWN, me, 0, 0, 0, 0);
       if
       :: answered -> answered = 0
#ifdef WITHOUT_FRESH_NONCE
       :: else -> goto raise
#else
       :: else -> goto fresh_nonce
#endif
       fi }
  OR_KILLED
  fi;
#ifdef WITHOUT_READ_AFTER_RAISE
  goto publish;
#endif

  /* ---- rule 2: finding_start(), restore_start() ---- */
find:
  if :: atomic { newest != 0 -> predecessor = newest } OR_KILLED fi;
read:
  if
  :: atomic {
       if
       :: !exists[predecessor] -> goto find
       :: else -> n = state[predecessor]; part = part_of[predecessor]; copy = copy_of[predecessor]; push = mark[predecessor] & WITH_PUSH
       fi;
       assert(n != TORN || !is_ours);
       if
       :: MARK(predecessor) == RELEASED -> goto fetch_base
       :: else
       fi }
  OR_KILLED
  fi;

  /* ---- rule 3: waiting_start() ---- */
  if
#ifdef WITHOUT_WAIT
  :: skip
#elif PLANNED
  :: is_as_read && !has_owner                      /* the deadline: what lives has shown itself by then */
#else
  :: is_as_read                                    /* the deadline; whether the predecessor lives is not known */
#endif
#if DOUBTS
  :: atomic { doubts > 0 && is_as_read -> doubts-- } /* it lives, and was slow */
#endif
  :: atomic { !is_as_read -> goto find }           /* released, gone, or another is the newest */
  :: atomic { !is_ours -> goto fenced }            /* the look before giving up */
  OR_KILLED
  fi;
fetch_base: /* base_fetch_start() */
#if BASES || DAYS
  if :: atomic { !part_exists[part] -> goto find } :: else fi;
#endif
#ifdef WITHOUT_OWN_MESSAGE
  atomic { own = predecessor; author[own] = me; saved_to = n; may_confirm = n; add_to(at_work, me); predecessor = 0; is_serving = 1; goto serve }
#endif
#ifdef WITHOUT_PUBLICATION
  if :: is_ours -> goto take_over :: else -> goto fenced fi;
#endif
#ifdef WITHOUT_LATE_CLEANUP
  if :: atomic { request_start(DELETE, predecessor, 0, 0, 0, 0); answered = 0; predecessor = 0 } OR_KILLED fi;
#endif

  /* ---- rule 4: publishing_start() ---- */
publish:
  if
  :: atomic { /* anchor_send() */
       forget();
       add_to(at_work, me);
       sent = next_message; next_message++;
       state[sent] = n; author[sent] = me; exists[sent] = 1; part_of[sent] = part; copy_of[sent] = (is_day_over -> own : copy);
       if
       :: role == PUSHER -> push = WITH_PUSH; mark[sent] = RELEASED | push
       :: is_stopping -> mark[sent] = RELEASED | push
       :: else -> mark[sent] = (is_serving -> SERVING : PUBLISHED) | push
       fi }
  OR_KILLED
  fi;
  if /* crown_look() */
#ifdef WITHOUT_LOOK_AFTER_SEND
  :: skip
#else
  :: is_ours
#ifdef WITHOUT_CROWN_FOR_PUSH
  :: role == PUSHER
#endif
  :: atomic { !is_ours -> sent = 0; goto fenced }  /* never pinned, so nobody finds it */
#endif
  OR_KILLED
  fi;
#if defined(POINTERS) && !defined(WITHOUT_POINTER_BEFORE_PIN)
  if /* anchor_point(): the first before the pin, so that whoever is replaced after the pin is found in spite of the admin's */
  :: atomic { request_start(POINT, sent, 0, 0, 0, 0); answered = 0; at_register = 1 }
  OR_KILLED
  fi;
#endif
pin:
  if
  :: atomic { request_start(PIN, sent, 0, 0, 0, 0); if :: answered -> answered = 0 :: else -> goto pin fi } /* anchor_pin() */
  OR_KILLED
  fi;
#ifdef POINTERS
point: /* the others: one after the other, and each right after a look; an unanswered one is not written again */
  if
#ifdef WITHOUT_LOOK_BEFORE_POINT
  :: atomic { at_register < REGISTERS ->
#else
  :: atomic { at_register < REGISTERS && !is_ours -> at_register = 0; own = sent; sent = 0; goto fenced }
  :: atomic { at_register < REGISTERS && is_ours }
  OR_KILLED
  :: at_register == REGISTERS -> goto pointed_all
  fi;
  if
  :: atomic {
#endif
       request_start(POINT, sent, at_register, 0, 0, 0); answered = 0; at_register++; goto point }
  OR_KILLED
#ifdef WITHOUT_LOOK_BEFORE_POINT
  :: at_register == REGISTERS -> goto pointed_all
#endif
  fi;
pointed_all:
  atomic { at_register = 0 };
#endif
  if /* crown_look() */
  :: atomic { old_own = own; own = sent; sent = 0;
#ifndef WITHOUT_LOOK_AFTER_PIN
       if :: is_ours :: else -> goto fenced fi;
#endif
       saved_to = n; may_confirm = n; copy = copy_of[own]; is_day_over = 0;
       if :: is_ours -> remember_saved() :: else fi;
       if :: role == PUSHER -> was_pushed = 1; goto gone :: else fi;
       if :: is_stopping -> goto stopped :: else fi }
  OR_KILLED
  fi;
  if
  :: is_tainted -> /* the message before may still change: it is no copy */
     if :: atomic { is_tainted = 0; request_start(DELETE, old_own, 0, 0, 0, 0); answered = 0; old_own = 0 } OR_KILLED fi
  :: else -> old_own = 0
  fi;
  if
  :: is_serving && predecessor == 0 -> goto serve
  :: is_serving && predecessor != 0 -> goto clean_up
  :: else
  fi;

  /* ---- rule 5: reign_begin(), reign_serve(); nothing was polled yet ---- */
#ifndef WITHOUT_READING_AGAIN
  read_predecessor_again();
#endif
take_over:
  atomic { is_serving = 1; if :: role == DEPLOYED -> role = SUPERVISED :: else fi }
#ifdef WITHOUT_PUBLICATION
  atomic { may_confirm = n; add_to(at_work, me); goto serve }
#endif
#if DAYS
  if :: atomic { days > 0 -> days--; copy = predecessor; predecessor = 0 } :: skip fi; /* its day is over: it stays as a copy */
#endif
  if
  :: atomic { request_start(EDIT, own, n, SERVING | push, part, copy);
       if :: answered -> answered = 0; saved_to = n :: else -> is_tainted = 1; goto publish fi }
  OR_KILLED
  fi;
  if /* crown_look() */
#ifdef WITHOUT_LOOK_AFTER_HANDOVER
  :: may_confirm = saved_to
#else
  :: atomic { is_ours -> may_confirm = saved_to; remember_saved() }
  :: atomic { !is_ours -> goto fenced }
#endif
  OR_KILLED
  fi;

  /* ---- rule 7: tidy() of saving.c ---- */
clean_up:
  if
  :: predecessor == 0
  :: atomic { predecessor != 0 -> request_start(DELETE, predecessor, 0, 0, 0, 0); answered = 0; predecessor = 0; forget() }
  OR_KILLED
  fi;

  /* ---- in service: polling.c; its offset is what may_confirm() of updates.c allows ---- */
serve:
end_serve:
  if
#if DURABLE
  :: atomic { (n != TORN && n < UPDATES && may_confirm == n) || may_confirm > confirmed -> /* one batch at a time */
#else
  :: atomic { (n < UPDATES || confirmed < UPDATES) && n != TORN ->
       may_confirm = n;
#endif
       take_effect(CONFIRM, may_confirm, 0, 0, 0, 0);
       if
       :: n == TORN
       :: n != TORN && confirmed > n ->            /* an update that we never had is gone */
#if DURABLE || PLANNED
          assert(!is_ours);                        /* not under the crown */
          n = TORN
#else
          n = confirmed                            /* by default a crash may cost what was not saved */
#endif
       :: confirmed <= n && n < UPDATES ->
          n++
#if EMPTY
          ; if :: empties > 0 -> empties--; saved_to = n :: skip fi /* it changed nothing, so there is nothing to save */
#endif
       :: else
       fi }
#if LATE /* a poll that is under way when its host dies */
  :: atomic { late > 0 && flight[0].kind == 0 && n != TORN && (DURABLE == 0 || may_confirm > confirmed) ->
#if !DURABLE
       may_confirm = n;
#endif
       put_in_flight(0, CONFIRM, may_confirm, 0, 0, 0, 0) }
#endif
  :: n != saved_to -> goto save
#if EMPTY && defined(WITHOUT_LOOK_AT_EMPTY)
  :: atomic { n == saved_to && may_confirm < n -> may_confirm = n; if :: is_ours -> state[own] = n :: else fi }
#elif EMPTY
  :: n == saved_to && may_confirm < n -> goto saved_ours
#endif
#if DAYS
  :: atomic { days > 0 && own != 0 && n != TORN -> days--; is_day_over = 1; goto publish }
#endif
#ifndef WITHOUT_LOOKS_BETWEEN_SAVES
  :: atomic { !is_ours -> goto fenced }            /* crown_guard(): every 3 s, on a 409, after a gap of the clock */
#endif
#if STOPS
  :: atomic { stops > 0 -> stops--; is_stopping = 1; goto last_content }
#endif
  OR_KILLED
  fi;
  goto serve;

  /* ---- rule 6: saving_start() ---- */
save:
#ifdef WITHOUT_PUBLICATION
  if :: own == 0 -> predecessor = 0; goto publish :: else fi;
#endif
#if BASES
  atomic { /* base_send_start() */
    if :: bases > 0 -> bases--; old_part = part; part = next_part; next_part++; part_exists[part] = 1 :: skip fi }
#endif
  if
  :: atomic { request_start(EDIT, own, n, SERVING | push, part, copy); /* anchor_edit() */
       if
       :: answered -> answered = 0; saved_to = n
#ifdef WITHOUT_TAINT
       :: else -> goto save
#else
       :: else -> is_tainted = 1; old_part = 0; batch_may_arrive();
#if STOPS
          if
          :: stops > 0 -> stops--; is_stopping = 1; /* SIGTERM, and the edit in flight has come to nothing known */
#ifdef WITHOUT_AWAITED_EDIT
             goto last_content
#endif
          :: skip
          fi;
#endif
          goto publish
#endif
       fi }
  OR_KILLED
  fi;
#ifdef WITHOUT_LOOK_BEFORE_DELETING
  if :: old_part != 0 -> atomic { request_start(DELETE_PART, old_part, 0, 0, 0, 0); answered = 0; old_part = 0 } :: else fi;
#endif
saved_ours:
  if /* crown_look() */
#ifdef WITHOUT_LOOK_AFTER_EDIT
  :: atomic { true ->
       if :: is_ours -> remember_saved() :: else fi;
#else
  :: atomic { !is_ours -> goto fenced }
  :: atomic { is_ours -> remember_saved();
#endif
#if EMPTY
       if :: is_ours && exists[own] -> state[own] = n :: else fi; /* the same bytes: such an update leaves no trace in them */
#endif
       may_confirm = saved_to }
  OR_KILLED
  fi;
#if BASES
  if /* base_delete_start() */
#ifdef WITHOUT_PARTS_OF_COPIES
  :: atomic { old_part != 0 ->
#else
  :: atomic { old_part != 0 && !(copy != 0 && part_of[copy] == old_part) ->
#endif
       request_start(DELETE_PART, old_part, 0, 0, 0, 0); answered = 0; old_part = 0 }
  :: else -> old_part = 0
  OR_KILLED
  fi;
#endif
  goto serve;

  /* ---- rule 8: on_lost(), shutdown_fenced(): polls end, handlers finish ---- */
fenced:
  atomic { take_from(alive, me); may_confirm = 0; old_own = 0; is_tainted = 0; is_day_over = 0; old_part = 0;
    if :: own == 0 -> take_from(at_work, me); me = 0; predecessor = 0; is_serving = 0; goto watch :: else fi;
#ifdef WITHOUT_RELEASE
    take_from(at_work, me); me = 0; predecessor = 0; own = 0; is_serving = 0; goto watch
#endif
  }
#ifndef WITHOUT_READING_AGAIN_WHEN_FENCED /* what we hold of it may be from before its last content */
  if
  :: predecessor != 0 && !is_serving -> read_predecessor_again()
  :: else
  fi;
#endif
  atomic { is_serving = 0; predecessor = 0 }

  /* ---- rules 8 and 9: reign_release(); the same bytes at each try ---- */
last_content:
#ifdef WITHOUT_LAST_SAVE
  if :: is_stopping -> goto stopped :: else fi;
#endif
  if
  :: atomic { request_start(EDIT, own, n, RELEASED | push, part, copy);
       if :: answered -> answered = 0 :: else -> goto last_content fi;
       take_from(at_work, me);
       if :: is_stopping && is_ours -> saved_to = n; remember_saved(); assert(state[newest] >= confirmed) :: else fi;
#ifndef WITHOUT_STAY
       if :: is_stopping && !is_ours && (is_unsettled(0) || is_unsettled(1)) -> me = 0; goto watch :: else fi;
#endif
       if :: is_stopping -> goto stopped :: else -> me = 0 fi }
  OR_KILLED
  fi;

  /* ---- rule 8: succession_start() ---- */
watch:
  if
  :: atomic { has_successor -> goto gone }         /* exit 4 */
#ifdef WITHOUT_WATCH
  :: atomic { true -> goto gone }
#endif
#ifndef WITHOUT_MENDING
  :: atomic { is_undone && !has_successor -> goto last_content }
#endif
  :: atomic { !has_successor && !is_in(alive, crown) -> begin_anew(); goto start } /* whoever fenced us is dead, or has pushed */
#if DOUBTS
  :: atomic { doubts > 0 && !has_successor -> doubts--; begin_anew(); goto start }
#endif
#if STOPS && defined(WITHOUT_STAY)
  :: atomic { stops > 0 && !has_successor -> stops--; goto stopped }
#elif STOPS /* SIGTERM, now or before: goes as soon as no edit of its own can come any more */
  :: atomic { is_stopping && !is_undone && !is_unsettled(0) && !is_unsettled(1) -> goto stopped }
  :: atomic { stops > 0 && !has_successor && !is_undone && !is_unsettled(0) && !is_unsettled(1) -> stops--; goto stopped }
#endif
  OR_KILLED
  fi;

stopped:
  atomic { begin_anew(); goto start }              /* its supervisor starts it again */

killed: /* in service its supervisor starts it again; a deploy that fails may be given up */
  if
  :: atomic { begin_anew(); goto start }
  :: atomic { !is_serving && own == 0 && role == DEPLOYED -> begin_anew() }
  fi;
gone:
  atomic { begin_anew() }
}

init {
  atomic {
    begin_world();
#if LATE
    run network();
#endif
#if BURIES
    run admin();
#endif
    run host(0, SUPERVISED);
    byte i = 0;
    do
    :: i < STARTS -> run host(i + 1, (PUSH && i == 0 -> PUSHER : DEPLOYED)); i++
    :: else -> break
    od;
    i = 0
  }
  /* When nothing can happen any more: one host serves, and all is confirmed and kept. */
  timeout -> assert(at_work == 1 << crown && confirmed == UPDATES && state[newest] == UPDATES)
}
