/* A server's certificate with its key, for HTTPS: GnuTLS on files that are read anew while the server runs. The loop's thread
 * only. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct MHD_Connection;
struct certificate;
struct error;

/* Both files in PEM; the first with the chain behind the certificate. Borrowed names, which certificate_renew() reads again, so
 * they are kept. Given: certificate_close(). NULL: ERROR_INPUT, the text names the file. */
struct certificate *certificate_open(const char *certificate_file, const char *key_file, struct error *error);
void certificate_close(struct certificate *certificate); /* after the server's last connection. NULL does no harm */

/* False: ERROR_INPUT; the old one stays in use. */
bool certificate_renew(struct certificate *certificate, struct error *error);

/* What libmicrohttpd asks at each handshake: a gnutls_certificate_retrieve_function2, for a connection whose socket context
 * points to a pointer to a certificate. Without a prototype here, because GnuTLS's types have their home in certificate.c. */
void (*certificate_chooser(void))(void);
