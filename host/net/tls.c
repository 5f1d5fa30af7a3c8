/* libcurl has an SSL_CTX of OpenSSL's for each connection, and by itself reads the machine's authorities into each of them:
 * 480 kB and 12 ms of CPU a connection (measured with Debian's 142 authorities and libcurl 7.88, which keeps them only where it
 * knows of no directory). So it is told of none, and each SSL_CTX gets the store that all share.
 *
 * A session belongs to an easy handle, unless handles share it. Shared, a new connection resumes the session of any other: a
 * check of certificates less. */
#include "net/tls.h"

#include <ctype.h>
#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/memory.h"

#define SHORT_UPLOAD 16384L /* bytes: each request under way has such a buffer over TLS, and libcurl takes no smaller one */

enum { HASH_SIZE = 8 };

struct tls {
  CURLSH *sessions;
  X509_STORE *authorities; /* NULL before the first connection, or tls_trust() */
};

/* "ce5e74ef.0", as `openssl rehash` makes them. */
static bool is_hash(const char *name) {
  size_t size = 0;
  while (isxdigit((unsigned char)name[size])) size++;
  return size == HASH_SIZE && name[size] == '.' && isdigit((unsigned char)name[size + 1]);
}

static bool has_hashes(const char *path) {
  DIR *directory = path ? opendir(path) : NULL;
  bool is_found = false;
  if (!directory) return false;
  for (struct dirent *entry; !is_found && (entry = readdir(directory));) is_found = is_hash(entry->d_name);
  (void)closedir(directory);
  return is_found;
}

/* In a directory with hashes OpenSSL finds one authority when it needs it; else all of them are read. */
static X509_STORE *read_authorities(void) {
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  X509_STORE *store = X509_STORE_new();
  if (!store) return NULL;
  (void)X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN); /* as libcurl: a server's own certificate may be trusted */
  if (has_hashes(curl->capath)) {
    (void)X509_STORE_load_path(store, curl->capath);
  } else if (curl->cainfo) {
    (void)X509_STORE_load_file(store, curl->cainfo);
  }
  ERR_clear_error(); /* without authorities no server is trusted, and each request says so */
  return store;
}

static bool has_authorities(struct tls *tls) {
  if (!tls->authorities) tls->authorities = read_authorities();
  return tls->authorities != NULL;
}

static CURLcode on_context(CURL *easy, void *context, void *data) {
  (void)easy;
  struct tls *tls = data;
  if (!has_authorities(tls)) return CURLE_OUT_OF_MEMORY;
  SSL_CTX_set1_cert_store(context, tls->authorities);
  return CURLE_OK;
}

struct tls *tls_new(struct error *error) {
  const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
  if (!library || strncmp(library, "OpenSSL/", 8) != 0) {
    error_set(error, ERROR_SYSTEM, "this libcurl has %s; the host needs one with OpenSSL", library ? library : "no TLS");
    return NULL;
  }
  CURLSH *sessions = curl_share_init();
  if (!sessions) {
    error_set(error, ERROR_SYSTEM, "can't start libcurl: out of memory");
    return NULL;
  }
  (void)curl_share_setopt(sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  struct tls *tls = memory_new(sizeof *tls);
  tls->sessions = sessions;
  return tls;
}

void tls_free(struct tls *tls) {
  if (!tls) return;
  (void)curl_share_cleanup(tls->sessions);
  X509_STORE_free(tls->authorities);
  free(tls);
}

bool tls_trust(struct tls *tls, const char *ca_file, struct error *error) {
  if (access(ca_file, R_OK) != 0)
    return error_set(error, ERROR_MISUSE, "can't read the certificate authorities in %s: %s", ca_file, strerror(errno));
  if (!has_authorities(tls)) return error_set(error, ERROR_MEMORY, "out of memory for certificate authorities");
  bool ok = X509_STORE_load_file(tls->authorities, ca_file);
  ERR_clear_error();
  return ok || error_set(error, ERROR_MISUSE, "%s holds no certificate of an authority in PEM", ca_file);
}

void tls_set_options(struct tls *tls, void *easy) {
  static const CURLoption files[] = {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) (void)curl_easy_setopt(easy, files[i], NULL);
  (void)curl_easy_setopt(easy, CURLOPT_SHARE, tls->sessions);
  (void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, SHORT_UPLOAD);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, tls);
}

/* OpenSSL checks the chain, and libcurl itself the name. */
const char *tls_refusal(void *easy) {
  long result = X509_V_OK;
  (void)curl_easy_getinfo((CURL *)easy, CURLINFO_SSL_VERIFYRESULT, &result);
  switch (result) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: return "the server's certificate is for another name than the address has";
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the server's certificate has expired, or the clock of this machine is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid yet, or the clock of this machine is wrong";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the server's certificate is not of an authority that is trusted here; if it should be, name its file by "
             "--ca-file";
    default: return X509_verify_cert_error_string(result);
  }
}
