/* The participants of a VM: rooms that take part in its segments, its runs and its end, without the core knowing them. A room
 * has one constant struct participant, adds it while the VM is being opened, and from then on has memory of its own in the VM
 * and in each run. Participants are called in the order in which they were added. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct run;
struct vm;

enum segment_end {
  SEGMENT_WAITS,   /* the handler is about to wait. Called in its coroutine, where a participant may raise */
  SEGMENT_RETURNS, /* the handler has returned, or all top levels of a load have */
  SEGMENT_FAILS,   /* the segment is about to be rolled back, or a part of it, after which the run may go on (core.undo); what
                      the participant returns is ignored */
};

enum vm_stop {
  VM_RETIRES,  /* a reload has replaced the VM: nothing that recurs begins there any more */
  VM_STOPS,    /* the host is stopping: the same */
  VM_ENDS_NOW, /* the host can't wait: nothing at all begins any more, and the handlers that wait are about to be ended */
};

struct participant {        /* each function may be NULL; none may open or end a segment unless it says so */
  size_t vm_size, run_size; /* bytes of its own memory in a VM and in a run; zeroed when the VM is opened, the run begun */

  /* A segment is about to end; there may be none open. run is NULL for the top levels of a load. of_run: the participant's
   * memory in the run, likewise. May run SQL, and open the segment for it. False: the segment is rolled back, and the handler
   * fails with *error. */
  bool (*on_segment_end)(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error);
  void (*on_run_end)(struct run *run, void *of_run); /* its last segment has ended, well or badly */
  void (*on_stop)(struct vm *vm, enum vm_stop how);
  void (*on_close)(struct vm *vm); /* the VM is going: free and cancel what is left. Its Lua state still lives */
  bool (*is_busy)(struct vm *vm);  /* is something under way that a stop waits for? */
};

enum { PARTICIPANTS_MAX = 12 };

struct participants { /* embedded in the VM */
  struct {
    const struct participant *is;
    void *vm_data;     /* ours */
    size_t run_offset; /* of its memory in a run's */
  } list[PARTICIPANTS_MAX];
  unsigned count;
  size_t run_size; /* of all participants' memory in a run */
};

/* Adding one that is there already changes nothing. participant is kept. No run may have begun in the VM. */
void participants_add(struct participants *participants, const struct participant *participant);
void participants_release(struct participants *participants); /* after participants_close() */

void *participants_vm_data(const struct participants *participants, const struct participant *participant);
/* run_data: the run's memory of participants->run_size bytes. */
void *participants_run_data(const struct participants *participants, void *run_data, const struct participant *participant);

/* ---- telling all of them ---- */
bool participants_end_segment(struct vm *vm, struct run *run, enum segment_end how, struct error *error);
void participants_end_run(struct run *run);
void participants_stop(struct vm *vm, enum vm_stop how);
void participants_close(struct vm *vm);
bool participants_are_busy(struct vm *vm);
