/* Judges addresses, not names: a URL's text can name any host, and a host name can resolve to an inner address, or to another
 * one the second time. So the address is judged at the moment of connecting. */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* IANA's registry of special IPv4 addresses, and multicast. */
static const struct range {
  uint8_t base[4];
  unsigned bits;
} special[] = {
    {{0, 0, 0, 0}, 8},       {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10}, {{127, 0, 0, 0}, 8},    {{169, 254, 0, 0}, 16},
    {{172, 16, 0, 0}, 12},   {{192, 0, 0, 0}, 24},   {{192, 0, 2, 0}, 24},  {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15},
    {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 3},
};

static uint32_t number_of(const uint8_t bytes[4]) {
  uint32_t number;
  memcpy(&number, bytes, sizeof number);
  return ntohl(number);
}

static bool is_public_ipv4(const uint8_t bytes[4]) {
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
    uint32_t differing = number_of(bytes) ^ number_of(special[i].base);
    if (differing >> (32 - special[i].bits) == 0) return false;
  }
  return true;
}

/* Only 2000::/3 is assigned to the public. Tunnels within it (Teredo, 6to4) carry IPv4 addresses in other places, so all of
 * them are refused. */
static bool is_public_ipv6(const uint8_t bytes[16]) {
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
  static const uint8_t teredo[4] = {0x20, 0x01}, documentation[4] = {0x20, 0x01, 0x0d, 0xb8}, six_to_four[2] = {0x20, 0x02};
  if (!memcmp(bytes, mapped, sizeof mapped) || !memcmp(bytes, nat64, sizeof nat64)) return is_public_ipv4(bytes + 12);
  if ((bytes[0] & 0xe0) != 0x20) return false;
  return memcmp(bytes, teredo, sizeof teredo) && memcmp(bytes, documentation, sizeof documentation) &&
         memcmp(bytes, six_to_four, sizeof six_to_four);
}

bool address_is_public(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    struct sockaddr_in ipv4; /* copied, because curl's pointer need not be aligned for a sockaddr_in */
    memcpy(&ipv4, address, sizeof ipv4);
    return is_public_ipv4((const uint8_t *)&ipv4.sin_addr);
  }
  if (address->sa_family == AF_INET6) {
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, address, sizeof ipv6);
    return is_public_ipv6(ipv6.sin6_addr.s6_addr);
  }
  return false;
}

bool address_parse(const char *text, struct sockaddr_storage *address) {
  struct sockaddr_in ipv4 = {.sin_family = AF_INET};
  struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1) {
    memcpy(address, &ipv4, sizeof ipv4);
    return true;
  }
  if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) != 1) return false;
  memcpy(address, &ipv6, sizeof ipv6);
  return true;
}
