/* A filter of system calls, as a program for the kernel's packet filter. It is a list of what is denied, and not of what is
 * allowed: the libraries of every system use other calls, and a call that is new must not stop a bot. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "command/confinement.h"

#if defined(__x86_64__) && !defined(__ILP32__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_MACHINE AUDIT_ARCH_RISCV64
#endif

#ifdef THIS_MACHINE

/* Beside programs and processes: what changes the system, needs rights that a bot has by accident (in a container), or was
 * often a way into the kernel. io_uring would do what the filter denies. */
static const unsigned denied[] = {
    SYS_execve,
    SYS_execveat,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_bpf,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_quotactl,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_syslog,
    SYS_open_by_handle_at,
    SYS_io_uring_setup,
    SYS_clock_adjtime,
#ifndef __SANITIZE_ADDRESS__ /* which looks for leaks by it */
    SYS_ptrace,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
#ifdef SYS_open_tree
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef __x86_64__
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
};

enum { COUNT = sizeof denied / sizeof *denied, HEAD = 4, SIZE = HEAD + COUNT + 2, X32 = 0x40000000 };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, value)

/* Calls by the numbers of another machine, such as 32-bit ones, are all denied: their numbers mean other things. */
int syscall_filter_install(void) {
  struct sock_filter program[SIZE] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 0, SIZE - 1 - 2),
      LOAD(nr),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, SIZE - 1 - HEAD, 0),
  };
  for (unsigned i = 0; i < COUNT; i++) {
    unsigned char distance = (unsigned char)(COUNT - i);
    program[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, denied[i], distance, 0);
  }
  program[SIZE - 2] = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
  program[SIZE - 1] = (struct sock_filter)ANSWER(SECCOMP_RET_ERRNO | EPERM);
  struct sock_fprog filter = {SIZE, program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) ? errno : 0;
}

#else

int syscall_filter_install(void) { return ENOSYS; }

#endif
