/* Calls those that take part in segments and runs. The participants of a VM stand in an array, since there are about five.
 * Their memory in the VM is allocated one by one; their memory in a run is one block behind the struct run, in which each
 * knows its offset. */
#include "script/participant.h"

#include <assert.h>
#include <stdlib.h>

#include "common/memory.h"
#include "script/run.h"
#include "script/vm.h"

static int find(const struct participants *participants, const struct participant *participant) {
  for (unsigned i = 0; i < participants->count; i++) {
    if (participants->list[i].is == participant) return (int)i;
  }
  return -1;
}

/* Memory of the next participant in a run must be aligned for whatever it keeps there. */
static size_t aligned(size_t size) {
  size_t alignment = _Alignof(max_align_t);
  return (size + alignment - 1) / alignment * alignment;
}

/* A module that exists twice, such as db and core.db, adds the same participant twice. */
void participants_add(struct participants *participants, const struct participant *participant) {
  if (find(participants, participant) >= 0) return;
  assert(participants->count < PARTICIPANTS_MAX);
  unsigned i = participants->count++;
  participants->list[i].is = participant;
  participants->list[i].vm_data = participant->vm_size ? memory_new(participant->vm_size) : NULL;
  participants->list[i].run_offset = participants->run_size;
  participants->run_size += aligned(participant->run_size);
}

void participants_release(struct participants *participants) {
  for (unsigned i = 0; i < participants->count; i++) free(participants->list[i].vm_data);
  participants->count = 0;
}

void *participants_vm_data(const struct participants *participants, const struct participant *participant) {
  int i = find(participants, participant);
  assert(i >= 0);
  return participants->list[i].vm_data;
}

static void *memory_in_run(const struct participants *participants, unsigned i, char *run_data) {
  return run_data + participants->list[i].run_offset;
}

void *participants_run_data(const struct participants *participants, void *run_data, const struct participant *participant) {
  int i = find(participants, participant);
  assert(i >= 0);
  return memory_in_run(participants, (unsigned)i, run_data);
}

/* ---- telling all of them ---- */

/* A segment that fails is told to all, since each has something to give up; one that ends well, up to the first that refuses.
 */
bool participants_end_segment(struct vm *vm, struct run *run, enum segment_end how, struct error *error) {
  bool ok = true;
  for (unsigned i = 0; i < vm->participants.count && (ok || how == SEGMENT_FAILS); i++) {
    const struct participant *participant = vm->participants.list[i].is;
    void *of_run = run ? memory_in_run(&vm->participants, i, run->root->data) : NULL;
    if (participant->on_segment_end) ok = participant->on_segment_end(vm, run, of_run, how, error) && ok;
  }
  return ok;
}

void participants_end_run(struct run *run) {
  const struct participants *participants = &run->vm->participants;
  for (unsigned i = 0; i < participants->count; i++) {
    void *of_run = memory_in_run(participants, i, run->root->data);
    if (participants->list[i].is->on_run_end) participants->list[i].is->on_run_end(run, of_run);
  }
}

void participants_stop(struct vm *vm, enum vm_stop how) {
  for (unsigned i = 0; i < vm->participants.count; i++) {
    if (vm->participants.list[i].is->on_stop) vm->participants.list[i].is->on_stop(vm, how);
  }
}

void participants_close(struct vm *vm) {
  for (unsigned i = 0; i < vm->participants.count; i++) {
    if (vm->participants.list[i].is->on_close) vm->participants.list[i].is->on_close(vm);
  }
}

bool participants_are_busy(struct vm *vm) {
  bool is_busy = false;
  for (unsigned i = 0; i < vm->participants.count; i++) {
    const struct participant *participant = vm->participants.list[i].is;
    is_busy = is_busy || (participant->is_busy && participant->is_busy(vm));
  }
  return is_busy;
}
