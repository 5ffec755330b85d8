/* SPDX-License-Identifier: ISC */
/* Forks children for the worker's deliveries. Believes nothing that it hears,
 * and hears next to nothing. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/log.h"
#include "common/reader.h"
#include "common/routes.h"
#include "local/child.h"
#include "local/parent.h"

static bool
needs_parent(struct route_act const *act)
{
	return act->kind == ROUTE_COMMAND || act->kind == ROUTE_SYSTEM;
}

static char const *
objection(struct route_act const *act, struct parent_powers const *powers)
{
	if (!needs_parent(act)) return NULL;
	if (!powers->there)
		return "restart needed: no rule so far ran a command or "
		       "delivered to a user of the system";
	/* a user that holds variables is looked at when mail comes */
	if (powers->root || !act->user || variable_is_in(act->user) ||
	    !strcmp(act->user, powers->own))
		return NULL;
	return "only root can become another user";
}

char const *
parent_objection(struct routes const *routes,
    struct parent_powers const *powers, unsigned *line)
{
	char const *why;
	size_t i, k;

	for (i = 0; i < routes->rows; i++)
		for (k = 0; k < routes->row[i].acts; k++) {
			why = objection(&routes->row[i].act[k], powers);
			*line = routes->row[i].line;
			if (why) return why;
		}
	return NULL;
}

bool
parent_wanted(struct routes const *routes)
{
	size_t i, k;

	for (i = 0; i < routes->rows; i++)
		for (k = 0; k < routes->row[i].acts; k++)
			if (needs_parent(&routes->row[i].act[k])) return true;
	return false;
}

static bool
tell(int parent, struct parent_order order, int child)
{
	return helper_send(parent, &order, sizeof order, child);
}

bool
parent_ask(int parent, uint32_t row, uint32_t action, int child)
{
	return tell(parent, (struct parent_order){ .what = PARENT_DELIVER,
	    .row = row, .action = action }, child);
}

bool
parent_reload(int parent)
{
	return tell(parent, (struct parent_order){ .what = PARENT_RELOAD }, -1);
}

/* The process */

/* A file that can't be read, or has a mistake, changes nothing; the worker
 * says so in the log. */
static void
reload(struct parent_settings const *s)
{
	struct parse_error why;
	struct routes fresh;
	size_t len;
	char *text = file_slurp(s->routes_path, READER_FILE_MAX, &len);

	if (!text) return;
	if (routes_parse(&fresh, slice_from(text, len), &why)) {
		routes_free(s->routes);
		*s->routes = fresh;
	}
	free(text);
}

/* named - the action that these numbers name, if it is one for a child */
static struct route_act const *
named(struct routes const *routes, struct parent_order const *order)
{
	struct route const *route;
	struct route_act const *act;

	if (order->row >= routes->rows) return NULL;
	route = &routes->row[order->row];
	if (!order->action || order->action > route->acts) return NULL;
	act = &route->act[order->action - 1];
	return needs_parent(act) ? act : NULL;
}

/* deliver - how many children more there are */
static size_t
deliver(struct parent_settings const *s, struct parent_order const *order,
    int socket, int fd)
{
	struct child const child = { .settings = s, .order = *order,
				     .act = named(s->routes, order),
				     .socket = fd };
	pid_t pid;

	if (!child.act) return 0;
	pid = fork();
	if (pid) return pid != -1;
	close(socket);
	child_deliver(&child);
}

static size_t
reap(void)
{
	size_t n = 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		n++;
	return n;
}

static void
woken(int signal)
{
	(void)signal;
}

static void
serve(int socket, void *owner)
{
	struct parent_settings const *s = owner;
	struct pollfd p = { .fd = socket, .events = POLLIN };
	struct parent_order order;
	sigset_t none, child;
	size_t children = 0;
	int fd;

	sigemptyset(&none);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	signal(SIGCHLD, woken);
	clearenv();
	if (chdir("/") == -1) _exit(111);
	if (s->root && !jail_keep_changing()) _exit(111);
	for (;;) {
		int got = ppoll(&p, 1, NULL, &none);

		children -= reap();
		if (got == -1 && errno == EINTR) continue;
		if (helper_receive(socket, &order, sizeof order, &fd) !=
		    sizeof order)
			return; /* the daemon is gone, or not itself */
		if (order.what == PARENT_RELOAD) reload(s);
		if (order.what == PARENT_DELIVER && fd != -1 &&
		    children < PARENT_CHILDREN_MAX)
			children += deliver(s, &order, socket, fd);
		if (fd != -1) close(fd);
	}
}

int
parent_open(struct parent_settings const *settings)
{
	static struct parent_settings s;

	s = *settings;
	return helper_fork("local-parent", serve, &s);
}
