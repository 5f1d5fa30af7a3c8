/* GnuTLS takes a certificate for a handshake by pointer and does not say when it has done with it. So one that was replaced is
 * kept until the server closes; a file that has not changed replaces nothing.
 *
 * libcurl brings GnuTLS into every host, by a protocol that is not used. It would set itself up as it is loaded, and touch most
 * of a megabyte for nothing; so it is told not to, and set up here. */
#include "net/certificate.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"
#include "net/server_library.h"

GNUTLS_SKIP_GLOBAL_INIT

enum { CHAIN_MAX = 10 };

struct pair { /* as the files held it at one time */
  gnutls_datum_t certificate_text, key_text;
  gnutls_pcert_st chain[CHAIN_MAX];
  unsigned chain_count; /* that are initialised */
  gnutls_privkey_t key; /* NULL: there is none yet */
  struct pair *older;
};

struct certificate {
  const char *certificate_file, *key_file;
  struct pair *pair; /* the newest */
};

/* As often as one likes. It stays so for the life of the process. */
static bool set_up(struct error *error) {
  int status = gnutls_global_init();
  return status >= 0 || error_set(error, ERROR_SYSTEM, "can't set up GnuTLS: %s", gnutls_strerror(status));
}

static void pair_free(struct pair *pair) {
  for (unsigned i = 0; i < pair->chain_count; i++) gnutls_pcert_deinit(&pair->chain[i]);
  if (pair->key) gnutls_privkey_deinit(pair->key);
  if (pair->key_text.data) explicit_bzero(pair->key_text.data, pair->key_text.size);
  gnutls_free(pair->certificate_text.data);
  gnutls_free(pair->key_text.data);
  free(pair);
}

static bool load(const char *path, gnutls_datum_t *text, struct error *error) {
  int status = gnutls_load_file(path, text);
  return status >= 0 ||
         error_set(error, ERROR_INPUT, "can't read %s: %s", path, errno ? strerror(errno) : gnutls_strerror(status));
}

/* Do the two belong together? Credentials of GnuTLS look; they are not used for anything else. */
static bool check_match(const struct certificate *certificate, const struct pair *pair, struct error *error) {
  gnutls_certificate_credentials_t credentials;
  int status = gnutls_certificate_allocate_credentials(&credentials);
  if (status >= 0) {
    status = gnutls_certificate_set_x509_key_mem(credentials, &pair->certificate_text, &pair->key_text, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
  }
  return status >= 0 || error_set(error, ERROR_INPUT, "%s and %s are not a certificate and its key in PEM: %s",
                                  certificate->certificate_file, certificate->key_file, gnutls_strerror(status));
}

static bool parse(const struct certificate *certificate, struct pair *pair, struct error *error) {
  if (!check_match(certificate, pair, error)) return false;
  unsigned count = CHAIN_MAX;
  int status = gnutls_pcert_list_import_x509_raw(pair->chain, &count, &pair->certificate_text, GNUTLS_X509_FMT_PEM, 0);
  if (status >= 0) pair->chain_count = count;
  if (status >= 0) status = gnutls_privkey_init(&pair->key);
  if (status >= 0) status = gnutls_privkey_import_x509_raw(pair->key, &pair->key_text, GNUTLS_X509_FMT_PEM, NULL, 0);
  return status >= 0 || error_set(error, ERROR_INPUT, "can't use the certificate of %s: %s", certificate->certificate_file,
                                  gnutls_strerror(status));
}

static bool is_same(const gnutls_datum_t *a, const gnutls_datum_t *b) {
  return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

bool certificate_renew(struct certificate *certificate, struct error *error) {
  struct pair *pair = memory_new(sizeof *pair), *old = certificate->pair;
  errno = 0;
  bool ok = load(certificate->certificate_file, &pair->certificate_text, error) &&
            load(certificate->key_file, &pair->key_text, error);
  bool is_new =
      ok && !(old && is_same(&old->certificate_text, &pair->certificate_text) && is_same(&old->key_text, &pair->key_text));
  if (is_new) ok = is_new = parse(certificate, pair, error);
  if (is_new) {
    pair->older = old;
    certificate->pair = pair;
  } else {
    pair_free(pair);
  }
  return ok;
}

struct certificate *certificate_open(const char *certificate_file, const char *key_file, struct error *error) {
  struct certificate *certificate = memory_new(sizeof *certificate);
  *certificate = (struct certificate){.certificate_file = certificate_file, .key_file = key_file};
  if (set_up(error) && certificate_renew(certificate, error)) return certificate;
  certificate_close(certificate);
  return NULL;
}

void certificate_close(struct certificate *certificate) {
  if (!certificate) return;
  while (certificate->pair) {
    struct pair *pair = certificate->pair;
    certificate->pair = pair->older;
    pair_free(pair);
  }
  free(certificate);
}

/* The session's pointer is the connection's, as libmicrohttpd sets it. */
static int choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                  const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain, unsigned *chain_count,
                  gnutls_privkey_t *key) {
  (void)authorities, (void)authority_count, (void)algorithms, (void)algorithm_count;
  struct MHD_Connection *connection = gnutls_session_get_ptr(session);
  const union MHD_ConnectionInfo *info = microhttpd->get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  struct certificate *const *context = info ? info->socket_context : NULL;
  if (!context) return -1;
  const struct certificate *certificate = *context;
  *chain = certificate->pair->chain;
  *chain_count = certificate->pair->chain_count;
  *key = certificate->pair->key;
  return 0;
}

void (*certificate_chooser(void))(void) { return (void (*)(void))choose; }
