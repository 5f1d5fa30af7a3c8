/* Files are held by Landlock, whose rules are directories with all below them, by their inodes. So what may be replaced while
 * the host runs needs a rule for the directory that holds it: a release that a link points to, a folder that is made anew.
 * Links are followed by the kernel; a rule is about where they lead. What is open already stays open, such as the log. */
#define _GNU_SOURCE /* realpath, O_PATH */
#include "command/confinement.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING \
  (READING | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | TRUNCATE_RIGHT)
#define TRUNCATE_RIGHT ((uint64_t)1 << 14) /* of Linux 6.2; older ones do not ask */

enum {
  RIGHTS_OF_FIRST = (1 << 13) - 1, /* all that Linux 5.13 knows */
  ABI_REFER = 2,
  ABI_TRUNCATE = 3,
};

/* What libraries read at any time: themselves, names of hosts, certificates, time zones, fonts. */
static const char *const of_system[] = {"/usr",
                                        "/lib",
                                        "/lib32",
                                        "/lib64",
                                        "/etc",
                                        "/nix/store",
                                        "/gnu/store",
                                        "/run/current-system",
                                        "/var/cache/fontconfig",
                                        "/var/lib/sss",
                                        "/run/systemd/resolve",
                                        "/run/resolvconf",
                                        "/run/NetworkManager",
                                        "/run/nscd",
                                        "/dev/urandom",
                                        "/dev/random",
                                        "/sys/devices/system/cpu",
                                        "/sys/fs/cgroup",
                                        "/proc/meminfo",
#ifdef __SANITIZE_ADDRESS__
                                        "/proc", /* the sanitizers look into it */
#endif
                                        NULL};

/* Whose values name files or directories, with a colon between two. */
static const char *const of_environment[] = {"SSL_CERT_FILE",
                                             "SSL_CERT_DIR",
                                             "CURL_CA_BUNDLE",
                                             "OPENSSL_CONF",
                                             "LD_LIBRARY_PATH",
                                             "TZDIR",
                                             "TZ",
                                             "FONTCONFIG_FILE",
                                             "FONTCONFIG_PATH",
                                             "XDG_DATA_HOME",
                                             NULL};
static const char *const of_home[] = {".fonts", ".local/share/fonts", ".config/fontconfig", ".cache/fontconfig", NULL};

struct rules {
  int fd; /* of the kernel's set */
  uint64_t handled;
};

/* A path that is not there needs no rule. */
static void allow(const struct rules *rules, const char *path, uint64_t rights) {
  struct stat status;
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode)) rights &= FILE_RIGHTS;
  struct landlock_path_beneath_attr rule = {.allowed_access = rights & rules->handled, .parent_fd = fd};
  if (syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
    log_debug("the kernel takes no rule for a path; path=%s error=%s", path, strerror(errno));
  (void)close(fd);
}

static void allow_each(const struct rules *rules, const char *list) {
  char path[PATH_MAX];
  for (; list && *list; list += *list == ':') {
    size_t size = strcspn(list, ":");
    if (size && size < sizeof path) {
      memcpy(path, list, size);
      path[size] = '\0';
      if (path[0] == '/') allow(rules, path, READING);
    }
    list += size;
  }
}

/* Not where that is the whole machine, or all that a person has. */
static void allow_directory(const struct rules *rules, const char *path) {
  char resolved[PATH_MAX], home[PATH_MAX] = "";
  const char *of_person = getenv("HOME");
  if (of_person && !realpath(of_person, home)) home[0] = '\0';
  if (realpath(path, resolved) && strcmp(resolved, "/") != 0 && strcmp(resolved, home) != 0) allow(rules, resolved, READING);
}

/* The directory that holds the path, which may be a link. */
static void allow_holder(const struct rules *rules, const char *path) {
  char resolved[PATH_MAX];
  if (realpath(path, resolved)) allow_directory(rules, dirname(resolved));
}

/* Its place may be taken by another file, and where it is a link, by another link. */
static void allow_renewed(const struct rules *rules, const char *path) {
  char copy[PATH_MAX];
  allow(rules, path, READING);
  allow_holder(rules, path);
  if (snprintf(copy, sizeof copy, "%s", path) < (int)sizeof copy) allow_directory(rules, dirname(copy));
}

/* Scripts that are links, and folders that are. */
static void allow_links(const struct rules *rules, const char *directory) {
  DIR *entries = opendir(directory);
  for (const struct dirent *entry; entries && (entry = readdir(entries)) != NULL;) {
    char path[PATH_MAX];
    struct stat status;
    int size = snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    bool is_link = size < (int)sizeof path && lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
    if (is_link) {
      allow(rules, path, READING);
      allow_holder(rules, path);
    }
  }
  if (entries) (void)closedir(entries);
}

static void allow_scripts(const struct rules *rules, const char *path) {
  char lib[PATH_MAX];
  allow(rules, path, READING);
  allow_holder(rules, path);
  allow_links(rules, path);
  if (snprintf(lib, sizeof lib, "%s/lib", path) < (int)sizeof lib) allow_links(rules, lib);
}

static void allow_files(const struct rules *rules, const char *path) {
  struct stat status;
  allow(rules, path, READING);
  if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode)) allow_holder(rules, path);
  allow_links(rules, path);
}

/* One that is not there yet is made in the directory that would hold it. */
static void allow_copies(const struct rules *rules, const char *path) {
  char copy[PATH_MAX];
  bool fits = snprintf(copy, sizeof copy, "%s", path) < (int)sizeof copy, is_there = access(path, F_OK) == 0;
  if (fits) allow(rules, is_there ? copy : dirname(copy), WRITING);
}

static void allow_socket(const struct rules *rules, const char *socket) {
  char path[PATH_MAX];
  if (socket && snprintf(path, sizeof path, "%s", socket) < (int)sizeof path)
    allow(rules, dirname(path), LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE);
}

static void allow_all(const struct rules *rules, const struct confinement *confinement) {
  char path[PATH_MAX];
  const char *home = getenv("HOME");
  for (int i = 0; of_system[i]; i++) allow(rules, of_system[i], READING);
  for (int i = 0; of_environment[i]; i++) allow_each(rules, getenv(of_environment[i]));
  for (int i = 0; home && of_home[i]; i++) {
    if (snprintf(path, sizeof path, "%s/%s", home, of_home[i]) < (int)sizeof path) allow(rules, path, READING);
  }
  allow_holder(rules, "/etc/resolv.conf");
  allow(rules, "/dev/null", FILE_RIGHTS);
  for (size_t i = 0; i < confinement->script_count; i++) allow_scripts(rules, confinement->script_paths[i]);
  for (int i = 0; i < CONFINEMENT_READABLE; i++)
    if (confinement->readable[i]) allow_files(rules, confinement->readable[i]);
  for (int i = 0; i < CONFINEMENT_RENEWED; i++)
    if (confinement->renewed[i]) allow_renewed(rules, confinement->renewed[i]);
  if (confinement->writable_directory) allow_copies(rules, confinement->writable_directory);
  for (int i = 0; i < CONFINEMENT_SOCKETS; i++) allow_socket(rules, confinement->socket_paths[i]);
}

/* 0, or why the kernel refused. */
static int confine_files(const struct confinement *confinement) {
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 0) return errno;
  struct rules rules = {.handled = RIGHTS_OF_FIRST};
  if (abi >= ABI_REFER) rules.handled |= (uint64_t)1 << 13;
  if (abi >= ABI_TRUNCATE) rules.handled |= TRUNCATE_RIGHT;
  /* only this first field of the struct, which every version has */
  rules.fd = (int)syscall(SYS_landlock_create_ruleset, &rules.handled, sizeof rules.handled, 0);
  if (rules.fd < 0) return errno;
  allow_all(&rules, confinement);
  int status = syscall(SYS_landlock_restrict_self, rules.fd, 0) ? errno : 0;
  (void)close(rules.fd);
  return status;
}

void confinement_begin(const struct confinement *confinement) {
  int failure = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? errno : 0;
  int of_files = failure ? failure : confine_files(confinement), of_calls = failure ? failure : syscall_filter_install();
  if (of_files) log_info("this kernel can't keep the host from other files (Landlock); error=%s", strerror(of_files));
  if (of_calls) log_info("this kernel can't keep the host from starting programs (seccomp); error=%s", strerror(of_calls));
}
