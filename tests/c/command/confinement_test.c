/* What a confined process can't do, and what it still can. Each attempt is made in a process of its own, since a confinement is
 * for good. A part that this kernel does not have is passed over. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "command/confinement.h"
#include "common/log.h"

enum { NOT_HERE = 77, PATH_SIZE = 200 };

static char root[] = "/tmp/lunokhod-confinement-XXXXXX";
static char scripts[PATH_SIZE], files[PATH_SIZE], copies[PATH_SIZE], other[PATH_SIZE];
static char certificates[PATH_SIZE], certificate[2 * PATH_SIZE];

static void make_directory(char path[PATH_SIZE], const char *name) {
  (void)snprintf(path, PATH_SIZE, "%s/%s", root, name);
  assert_false(mkdir(path, 0700));
}

static const char *in(const char *directory, const char *name) {
  static char path[2 * PATH_SIZE];
  (void)snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

/* 0 or errno. */
static int write_file(const char *path) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool ok = file >= 0 && write(file, "x", 1) == 1;
  int failure = ok ? 0 : errno;
  if (file >= 0) (void)close(file);
  return failure;
}

static int read_file(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  (void)close(file);
  return 0;
}

static int set_up(void **state) {
  (void)state;
  static char apps[PATH_SIZE];
  assert_non_null(mkdtemp(root));
  make_directory(apps, "apps"); /* what holds the scripts is readable, what is beside that is not */
  make_directory(scripts, "apps/scripts");
  make_directory(files, "files");
  make_directory(copies, "copies");
  make_directory(other, "other");
  make_directory(certificates, "certificates");
  (void)snprintf(certificate, sizeof certificate, "%s/cert", certificates);
  return write_file(certificate) || write_file(in(scripts, "a.lua")) || write_file(in(files, "a")) ||
         write_file(in(other, "a"));
}

static int tear_down(void **state) {
  (void)state;
  char command[2 * PATH_SIZE];
  (void)snprintf(command, sizeof command, "rm -rf %s", root);
  return system(command);
}

static bool has_files_confined;

static void drop_line(const char *line, size_t size, void *data) {
  (void)size, (void)data;
  if (strstr(line, "Landlock")) has_files_confined = false;
}

static void confine(void) {
  const char *const paths[] = {scripts};
  const struct confinement confinement = {
      .script_paths = paths, .script_count = 1, .readable = {files}, .renewed = {certificate}, .writable_directory = copies};
  has_files_confined = true;
  log_divert(drop_line, NULL);
  confinement_begin(&confinement);
  log_divert(NULL, NULL);
}

/* attempt returns 0 if all is as it should be. */
static void assert_confined(int (*attempt)(void)) {
  pid_t child = fork();
  int status = 0;
  assert_true(child >= 0);
  if (child == 0) {
    confine();
    _exit(attempt());
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE) skip();
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static int reach_files(void) {
  if (!has_files_confined) return NOT_HERE;
  if (read_file(in(scripts, "a.lua")) || read_file(in(files, "a")) || read_file("/etc/hosts")) return 1;
  if (write_file(in(copies, "new")) || unlink(in(copies, "new"))) return 2;
  if (read_file(in(other, "a")) != EACCES || read_file("/proc/1/environ") != EACCES) return 3;
  if (write_file(in(scripts, "a.lua")) != EACCES || write_file(in(other, "new")) != EACCES) return 4;
  if (write_file(in(files, "new")) != EACCES || unlink(in(scripts, "a.lua")) == 0 || mkdir(in(copies, "d"), 0700) == 0)
    return 5;
  return 0;
}

static void only_its_own_files_are_reached(void **state) {
  (void)state;
  assert_confined(reach_files);
}

static int deploy(void) {
  char line[600];
  (void)snprintf(line, sizeof line,
                 "cd %s/apps && rm -r scripts && mkdir -p scripts/lib releases/2 && echo x > scripts/b.lua && "
                 "echo x > releases/2/c.lua && ln -s releases/2 current && "
                 "cd ../certificates && echo y > new && mv new cert",
                 root);
  int go[2], back[2], status = 0;
  char byte = 0;
  if (pipe(go) || pipe(back)) return 1;
  pid_t child = fork(); /* not confined: an operator's */
  if (child == 0) {
    (void)close(go[1]);
    _exit(read(go[0], &byte, 1) == 1 && system(line) == 0 ? 0 : 1);
  }
  confine();
  if (!has_files_confined) return NOT_HERE;
  if (write(go[1], "x", 1) != 1 || waitpid(child, &status, 0) != child || status) return 2;
  if (read_file(certificate)) return 4;
  return read_file(in(scripts, "b.lua")) || read_file(in(root, "apps/current/c.lua")) ? 3 : 0;
}

/* Whatever a deploy puts in their place, and a new certificate. */
static void scripts_that_are_replaced_are_reached(void **state) {
  (void)state;
  pid_t child = fork();
  int status = 0;
  if (child == 0) _exit(deploy());
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_HERE) skip();
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int start_programs(void) {
  char name[] = "true", *const arguments[] = {name, NULL};
  if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 2) return NOT_HERE;
  (void)execv("/bin/true", arguments);
  if (errno != EPERM) return 1;
  if (syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL) == 0 || errno != EPERM) return 2;
  if (syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) == 0 || errno != EPERM) return 3;
  if (syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM) return 4;
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
}

static void no_program_is_started(void **state) {
  (void)state;
  assert_confined(start_programs);
}

static int use_libraries(void) {
  struct addrinfo *found = NULL;
  if (getaddrinfo("localhost", "80", NULL, &found)) return 1;
  freeaddrinfo(found);
  return read_file("/dev/urandom") || read_file("/usr/share") ? 2 : 0;
}

static void libraries_find_what_they_read(void **state) {
  (void)state;
  assert_confined(use_libraries);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_its_own_files_are_reached),
      cmocka_unit_test(no_program_is_started),
      cmocka_unit_test(libraries_find_what_they_read),
      cmocka_unit_test(scripts_that_are_replaced_are_reached),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
