/* The program that has started the host and watches it, such as systemd: is told by datagrams on the socket NOTIFY_SOCKET when
 * the host serves, what it waits for, and that it is alive. Where there is none, nothing is said. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct clock;
struct service_manager;

/* Takes NOTIFY_SOCKET and its like out of the environment. With WATCHDOG_USEC it says from the loop, twice in that time, that
 * the host lives. clock is kept. Given: service_manager_close(). NULL: there is none, which the functions below bear. */
struct service_manager *service_manager_open(struct clock *clock);
void service_manager_close(struct service_manager *manager);

void service_manager_ready(struct service_manager *manager);
void service_manager_reloading(struct service_manager *manager); /* until the next service_manager_ready() */
void service_manager_stopping(struct service_manager *manager);
void service_manager_status(struct service_manager *manager, const char *text); /* what the host does, for people */

/* Does the standard error go to the journal, which reads the level of a line from its beginning? */
bool service_manager_has_journal(void);
