/* SPDX-License-Identifier: ISC */
/* Start and end of a stage, the same for all; knows no mail. May end the
 * process, as main does: it is the part of every main() that is alike. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/addr.h"
#include "common/log.h"
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

/* systemd's NOTIFY_SOCKET lies outside the jail: connected before it closes.
 * An @ stands for the NUL of an abstract name (sd_notify(3)). */
static int
open_notify_socket(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char const *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof un.sun_path) return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1) return -1;
	memcpy(un.sun_path, path, len);
	if (*path == '@') un.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (struct sockaddr *)&un, (socklen_t)len) == 0) return fd;
	close(fd);
	return -1;
}

static void
notify(struct stage const *s, char const *state)
{
	ssize_t sent;

	if (s->notify_socket == -1) return;
	/* a supervisor that does not listen loses nothing but the news */
	sent = send(s->notify_socket, state, strlen(state), MSG_NOSIGNAL);
	(void)sent;
}

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
	if (!s->hostname) s->hostname = hostname_of_host(s->host);
	if (!s->domain) s->domain = hostname_of_mail(s->mailname);
	s->notify_socket = open_notify_socket();
	if (!loop_open(&s->loop)) strerr_diefusys(111, "make an event loop");
	return operand;
}

static void
add_uid(struct stage *s, uid_t uid)
{
	struct door *d = &s->door;

	if (d->uids == DOOR_UIDS_MAX)
		option_misused(s->program, "--peer: too many users", s->peer);
	d->uid[d->uids++] = uid;
}

/* The user that a program has for itself says nothing about its peer. */
static bool
is_namesake(struct stage const *s, uid_t uid)
{
	struct passwd const *account = getpwnam(s->program);

	return account && account->pw_uid == uid;
}

/* --peer is the whole list; without it the upstream users that exist, root,
 * ourselves, and who owns the directory of the socket: he could put another in
 * its place anyway. */
static void
set_peers(struct stage *s, uid_t *owner)
{
	struct slice list = slice_of(s->peer ? s->peer : "");
	char const *const *name;
	char one[64], directory[4096];
	char const *slash;
	struct stat st;

	*owner = (uid_t)-1;
	while (list.len) {
		size_t n = slice_find(list, ',');
		unsigned long long number;
		struct passwd *account;

		snprintf(one, sizeof one, "%.*s", (int)n, list.s);
		account = getpwnam(one);
		if (account)
			add_uid(s, account->pw_uid);
		else if (slice_number(slice_of(one), 0x7fffffff, &number))
			add_uid(s, (uid_t)number);
		else
			option_misused(s->program, "--peer: no such user", one);
		list = slice_skip(list, n + 1);
	}
	if (s->door.uids) {
		*owner = s->door.uid[0];
		return;
	}
	slash = strrchr(s->in, '/');
	snprintf(directory, sizeof directory, "%.*s",
	    slash ? (int)(slash - s->in + 1) : 1, slash ? s->in : ".");
	if (stat(directory, &st) == 0 && st.st_uid) {
		add_uid(s, st.st_uid);
		if (!is_namesake(s, st.st_uid)) *owner = st.st_uid;
	}
	for (name = s->upstream; *name; name++) {
		struct passwd *account;

		errno = 0;
		account = getpwnam(*name);
		/* not to be told from one who is not there would leave a
		 * daemon that turns its own upstream away (getpwnam(3)) */
		if (!account && errno && errno != ENOENT && errno != ESRCH)
			strerr_diefusys(111, "look up the user ", *name);
		if (!account) continue;
		add_uid(s, account->pw_uid);
		if (*owner == (uid_t)-1) *owner = account->pw_uid;
	}
	add_uid(s, 0);
	add_uid(s, s->jail.uid);
}

void
stage_bind(struct stage *s)
{
	bool root = geteuid() == 0;
	uid_t owner;

	if (!s->in) return;
	set_peers(s, &owner);
	s->door.path = s->in;
	s->door.enter = s->accepted;
	s->door.owner = s->owner;
	if (s->check) return;
	/* without root the directory's group, which is the peer's, connects */
	if (door_bind(&s->door, root ? owner : (uid_t)-1, root ? 0600 : 0660))
		return;
	if (errno == EADDRINUSE)
		strerr_dief(100, s->in, ": already running");
	strerr_diefusys(111, "bind ", s->in);
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
	notify(s, "STOPPING=1\n");
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

static void
be_ready(struct stage *s)
{
	ssize_t written;

	notify(s, "READY=1\n");
	if (!s->notify_fd) return;
	written = write((int)s->notify_fd, "\n", 1);
	(void)written; /* nobody waits for it: s6-notifyoncheck or a closed fd */
	close((int)s->notify_fd);
}

void
stage_serve(struct stage *s)
{
	static int const signals[] = { SIGTERM, SIGINT, SIGHUP, SIGALRM, 0 };
	char const *why;

	if (!loop_signals(&s->loop, signals, signalled, s))
		strerr_diefusys(111, "take signals");
	if (s->in && !door_open(&s->door, &s->loop))
		strerr_diefusys(111, "listen on ", s->in);
	if (!jail_seal(s->may, &why)) strerr_diefusys(111, why);
	if (s->in_fd) s->accepted(s->owner, (int)s->in_fd, s->jail.uid);
	be_ready(s);
	if (!loop_run(&s->loop)) strerr_diefusys(111, "wait for events");
	loop_close(&s->loop);
}
