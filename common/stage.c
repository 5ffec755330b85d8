/* SPDX-License-Identifier: ISC */
/* Start and end of a stage, the same for all; knows no mail. May end the
 * process, as main does: it is the part of every main() that is alike. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/addr.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/reader.h"
#include "common/stage.h"

#define TEXT(name, argument, member, help) \
	{ name, argument, OPTION_TEXT, offsetof(struct stage, member), 0, 0, \
	  NULL, 0, help }
#define NUMBER(name, argument, member, min, max, help) \
	{ name, argument, OPTION_NUMBER, offsetof(struct stage, member), min, \
	  max, NULL, 0, help }
#define FLAG(name, member, help) \
	{ name, NULL, OPTION_FLAG, offsetof(struct stage, member), 0, 0, \
	  NULL, 0, help }

static struct {
	unsigned has;	/* 0: every program */
	struct option_row row;
} const shared[] = {
	{ STAGE_IN, TEXT("in", "PATH", in, "socket to listen on") },
	{ STAGE_IN, NUMBER("in-fd", "N", in_fd, 3, 1023,
	    "serve the connection on this descriptor, then exit") },
	{ STAGE_IN, TEXT("peer", "USER,...", peer,
	    "who may connect to --in (root, own and upstream user)") },
	{ STAGE_OUT, TEXT("out", "PATH", out,
	    "socket of the next stage, inside the chroot") },
	{ STAGE_OUT_FD, NUMBER("out-fd", "N", out_fd, 3, 1023,
	    "the next stage is at this descriptor; exit when it is gone") },
	{ STAGE_ROUTES, TEXT("routes", "FILE", routes,
	    "what happens to a recipient (/etc/mailgrave/routes)") },
	{ STAGE_HOSTNAME, TEXT("hostname", "NAME", hostname,
	    "name of this host (what the system says)") },
	{ STAGE_DOMAIN, TEXT("domain", "NAME", domain,
	    "for addresses without one (/etc/mailname, host name)") },
	{ 0, TEXT("user", "USER", jail.user, "become this user, or UID:GID") },
	{ 0, TEXT("chroot", "DIR", jail.root, "with this root directory") },
	{ 0, NUMBER("notify-fd", "N", notify_fd, 3, 1023,
	    "write a newline here when ready") },
	{ 0, TEXT("log-format", "text|json", log_format,
	    "how a log line is written (text)") },
	{ 0, FLAG("verbose", verbose, "log more") },
	{ 0, FLAG("check", check,
	    "read and open everything, say what is wrong, exit") },
};

enum { SHARED = sizeof shared / sizeof *shared };

int
stage_options(struct stage *s, int argc, char *const *argv,
    struct option_page const *page, struct option_table const *own)
{
	struct option_row row[SHARED];
	struct option_table table[2] = { *own, { .row = row, .options = s } };
	int keep[JAIL_KEEP_MAX + 1], n = 0, operand, i;
	int const *more;

	PROG = s->program;
	s->door.watch.fd = -1;
	jail_begin();
	for (i = 0; i < SHARED; i++)
		if (!shared[i].has || (shared[i].has & s->has))
			row[table[1].rows++] = shared[i].row;
	operand = option_parse(argc, argv, page, table, 2, 100);
	if (s->log_format && strcmp(s->log_format, "text") &&
	    strcmp(s->log_format, "json"))
		option_misused(s->program, "--log-format: neither text nor json",
		    s->log_format);
	if (s->in && s->in_fd)
		option_misused(s->program, "--in and --in-fd exclude each other",
		    NULL);
	log_target.json = s->log_format && *s->log_format == 'j';
	if (s->notify_fd) keep[n++] = (int)s->notify_fd;
	if (s->in_fd) keep[n++] = (int)s->in_fd;
	if (s->out_fd) keep[n++] = (int)s->out_fd;
	for (i = 0; i < 2; i++)
		for (more = s->keep[i]; more && *more != -1 &&
		    n < JAIL_KEEP_MAX; more++)
			keep[n++] = *more;
	keep[n] = -1;
	if (!jail_close_others(keep))
		strerr_diefusys(111, "close what was inherited");
	if (!s->routes) s->routes = "/etc/mailgrave/routes";
	if (s->hostname && !addr_domain_valid(slice_of(s->hostname)))
		option_misused(s->program, "--hostname: not a host name",
		    s->hostname);
	if (s->domain && !addr_domain_valid(slice_of(s->domain)))
		option_misused(s->program, "--domain: not a domain",
		    s->domain);
	if (!s->hostname) s->hostname = hostname_of_host(s->host);
	if (!s->domain) s->domain = hostname_of_mail(s->mailname);
	s->notify_socket = notify_open();
	if (!loop_open(&s->loop)) strerr_diefusys(111, "make an event loop");
	return operand;
}

void
stage_prepare(struct stage *s)
{
	char const *why;

	if ((s->in_fd || s->out_fd) && !s->jail.user && !s->jail.root)
		s->by_hand = true;
	s->jail.uid = getuid();
	/* files can be checked without saying who will serve */
	if (s->check && !s->jail.user && !s->jail.root) return;
	if (s->by_hand || jail_prepare(&s->jail, &why)) return;
	option_misused(s->program, why, s->jail.user);
}

void
stage_enter(struct stage *s)
{
	char const *why;

	clearenv();
	if (s->by_hand) return;
	if (!jail_enter(&s->jail, &why)) strerr_diefusys(111, why);
}

void
stage_checked(struct stage *s)
{
	if (!s->check) return;
	fprintf(stderr, "%s: ok\n", s->program);
	exit(0);
}

void
stage_lost_helper(void)
{
	log_event("lost-helper", LOG_TEXT("program", PROG));
	log_flush();
	exit(111);
}

static void
stop(void *owner)
{
	struct stage *s = owner;

	s->loop.stop = true;
}

static void
end(struct stage *s)
{
	if (s->ending || !s->term) {
		stop(s);
		return;
	}
	s->ending = true;
	notify_tell(s->notify_socket, "STOPPING=1\n");
	door_close(&s->door);
	s->grace.due = stop;
	s->grace.owner = s;
	loop_arm(&s->loop, &s->grace, s->loop.now_ms + STAGE_GRACE_MS);
	s->term(s->owner);
}

static void
signalled(void *owner, int signal)
{
	struct stage *s = owner;

	if (signal == SIGHUP && s->hup)
		s->hup(s->owner);
	else if (signal == SIGALRM && s->alarm)
		s->alarm(s->owner);
	else if (signal == SIGTERM || signal == SIGINT)
		end(s);
}

void
stage_serve(struct stage *s)
{
	static int const signals[] = { SIGTERM, SIGINT, SIGHUP, SIGALRM, 0 };
	char const *why;
	bool fine;

	if (!loop_signals(&s->loop, signals, signalled, s))
		strerr_diefusys(111, "take signals");
	if (s->in && !door_open(&s->door, &s->loop))
		strerr_diefusys(111, "listen on ", s->in);
	if (!jail_seal(s->may, &why)) strerr_diefusys(111, why);
	if (s->in_fd) s->accepted(s->owner, (int)s->in_fd, s->jail.uid);
	notify_tell(s->notify_socket, "READY=1\n");
	if (s->notify_fd) notify_line((int)s->notify_fd);
	log_target.gather = true;
	s->loop.pause = log_pause;
	fine = loop_run(&s->loop);
	log_flush();
	if (!fine) strerr_diefusys(111, "wait for events");
	log_target.gather = false;
	loop_close(&s->loop);
}
