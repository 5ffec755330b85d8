/* SPDX-License-Identifier: ISC */
/* Takes the request, answers it, and hands what lies between to its kind. Until
 * that has become the user it reads nothing of the request. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/msgfd.h"
#include "local/childpart.h"

void
child_report(struct child const *c, struct delivery_result const *r,
    struct slice words)
{
	struct slice where = slice_of(r->where);
	struct report report = { .verdict = (uint8_t)r->verdict,
				 .ours = r->ours,
				 .status = slice_of(r->status),
				 .words = words };
	char packet[REQUEST_PACKET_MAX];
	size_t n;

	if (where.len > HANDOVER_WHERE_MAX) where.len = HANDOVER_WHERE_MAX;
	report.where = where;
	/* a request left unread would break the connection, and the report
	 * with it (unix(7)) */
	while (recv(c->socket, packet, sizeof packet, MSG_DONTWAIT) > 0)
		;
	n = wire_pack(&report_form, &report, packet, sizeof packet);
	helper_send(c->socket, packet, n, -1);
	_exit(0);
}

void
child_finish(struct child const *c, struct delivery_result r)
{
	child_report(c, &r, slice_of(r.words));
}

void
child_refuse(struct child const *c, char const *words)
{
	child_finish(c, (struct delivery_result){ .verdict = VERDICT_TEMP,
	    .status = "4.3.5", .words = words, .where = "" });
}

void
child_fall_short(struct child const *c, int error)
{
	struct delivery_result r = delivery_trouble(error);

	r.ours = true;
	child_finish(c, r);
}

void
child_receive(struct child const *c, struct asked *a, bool peek)
{
	struct delivery_result why;
	ssize_t n;

	if (peek)
		n = recv(c->socket, a->packet, sizeof a->packet, MSG_PEEK);
	else
		n = helper_receive(c->socket, a->packet, sizeof a->packet,
		    &a->message);
	if (n <= 0 || !wire_unpack(&request_form, &a->request,
	    slice_from(a->packet, (size_t)n)))
		child_refuse(c, "a request that is none");
	if (!peek && (a->message == -1 ||
	    !msgfd_valid(a->message, a->request.size)))
		child_refuse(c, "a message that could change, or is no file");
	if (!choose(&a->choice, c->settings->routes, a->request.address,
	    a->request.groups, a->request.action, &why))
		child_finish(c, why);
	if (a->choice.act != c->act)
		child_refuse(c, "the routes have changed: another rule takes "
				"this address");
}

struct copy
child_copy(struct child const *c, struct asked const *a)
{
	return (struct copy){ .from = a->message, .size = a->request.size,
			      .sender = a->request.sender,
			      .address = a->request.address,
			      .form = COPY_BARE, .crlf = c->settings->crlf };
}

void
child_check_loop(struct child const *c, struct copy const *copy)
{
	switch (copy_been_here(copy)) {
	case -1:
		child_fall_short(c, errno);
	case 1:
		child_finish(c, (struct delivery_result){
		    .verdict = VERDICT_PERM,
		    .status = "5.4.6", .where = "",
		    .words = "mail loop: it was delivered here before" });
	}
}

void
child_deliver(struct child const *c)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (fcntl(c->socket, F_SETFL, 0) == -1) _exit(111);
	jail_name_helper(c->act->kind == ROUTE_COMMAND ? "local-command" :
	    "local-user");
	if (c->act->kind == ROUTE_COMMAND) child_command(c);
	child_user(c);
}
