/* The bot's token, from a file or the environment. A token that was read is left nowhere but in the copy; a new one takes its
 * place in the same bytes, to which transport, scripts and log hold a pointer. */
#include "command/token.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/memory.h"

enum { TOKEN_MAX = 256 };

static char *copy_token(const char *text, const char *source, struct error *error) {
  size_t size = strcspn(text, " \t\r\n");
  if (size == 0 || size >= TOKEN_MAX || !memchr(text, ':', size)) {
    error_set(error, ERROR_MISUSE, "%s does not hold a bot's token (@BotFather gives one, like 123456:ABC...)", source);
    return NULL;
  }
  char *token = memory_new(TOKEN_MAX); /* room for another one */
  memcpy(token, text, size);
  return token;
}

static char *read_file(const char *file, struct error *error) {
  char text[TOKEN_MAX + 1] = "";
  FILE *stream = fopen(file, "re");
  if (!stream) {
    error_set(error, ERROR_MISUSE, "can't read the token file %s: %s", file, strerror(errno));
    return NULL;
  }
  (void)setvbuf(stream, NULL, _IONBF, 0);
  size_t size = fread(text, 1, TOKEN_MAX, stream);
  text[size] = '\0';
  (void)fclose(stream);
  char *token = copy_token(text, file, error);
  explicit_bzero(text, sizeof text);
  return token;
}

static char *take_environment(struct error *error) {
  const char *text = getenv("BOT_TOKEN");
  if (!text || !text[0]) {
    error_set(error, ERROR_MISUSE, "no token: set BOT_TOKEN, or give --token-file FILE (@BotFather gives a token)");
    return NULL;
  }
  char *token = copy_token(text, "BOT_TOKEN", error);
  explicit_bzero((char *)(uintptr_t)text, strlen(text)); /* /proc/PID/environ shows these very bytes */
  (void)unsetenv("BOT_TOKEN");
  return token;
}

char *token_read(const char *file, struct error *error) { return file ? read_file(file, error) : take_environment(error); }

void token_free(char *token) {
  if (token) explicit_bzero(token, TOKEN_MAX);
  free(token);
}

/* Before the colon stands the bot's number. Behind it, other characters could lead a call to another address. */
static bool is_same_bot(const char *token, const char *other) {
  static const char secret[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  size_t size = strcspn(token, ":") + 1;
  return strncmp(token, other, size) == 0 && other[size + strspn(other + size, secret)] == '\0';
}

bool token_renew(char *token, const char *file, bool *is_new, struct error *error) {
  char *other = read_file(file, error);
  if (!other) return false;
  bool ok = is_same_bot(token, other);
  *is_new = ok && strcmp(token, other) != 0;
  if (*is_new) memcpy(token, other, TOKEN_MAX);
  if (!ok) error_set(error, ERROR_MISUSE, "%s does not hold a token of this bot; another bot needs a start of its own", file);
  token_free(other);
  return ok;
}
