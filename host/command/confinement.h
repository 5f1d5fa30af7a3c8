/* The walls around the running host, made by the kernel: from then on this process starts no programs and looks into no others,
 * reads only what belongs to the system, to its options and to its scripts, and writes only copies of backups and its own
 * sockets. They hold what a mistake in the host or in a library would let in. Where the kernel has none of them, the host runs
 * without. Linux only. */
#pragma once
#include <stddef.h>

enum { CONFINEMENT_READABLE = 3, CONFINEMENT_RENEWED = 4, CONFINEMENT_SOCKETS = 2 };

struct confinement { /* all of it borrowed; each but the scripts may be NULL: none */
  const char *const *script_paths;
  size_t script_count;
  const char *readable[CONFINEMENT_READABLE];    /* files, and directories with all below */
  const char *renewed[CONFINEMENT_RENEWED];      /* are read again, also when another file has taken the place of one */
  const char *writable_directory;                /* with all below */
  const char *socket_paths[CONFINEMENT_SOCKETS]; /* are made, and taken away */
};

/* For good, and before there is a second thread: threads inherit it. Logs what the kernel does not have. */
void confinement_begin(const struct confinement *confinement);

/* syscall_filter.c: no programs, no other processes, no changes of the system. 0, or why the kernel refused. */
int syscall_filter_install(void);
