/* SPDX-License-Identifier: ISC */
/* Finds the user of the machine that a recipient is, becomes that one, and
 * delivers into his mailbox. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "local/account.h"
#include "local/childpart.h"
#include "local/home.h"

/* match - in a throwaway process that can do nothing: read the request, find
 * the user's name, write it down */
static _Noreturn void
match(struct child const *c, int out)
{
	struct parent_settings const *s = c->settings;
	struct account const nobody = { .uid = s->jail->uid,
					.gid = s->jail->gid };
	char const *word = c->act->user ? c->act->user : "${local}";
	static struct asked asked;
	char name[ROUTE_PATH_MAX];

	if (!account_become(&nobody, (gid_t)-1)) child_fall_short(c, errno);
	child_receive(c, &asked, true);
	if (!route_expand(&asked.choice.found, word, name))
		child_finish(c, choose_unsafe());
	if (strlen(name) > ACCOUNT_NAME_MAX ||
	    write(out, name, strlen(name)) != (ssize_t)strlen(name))
		child_refuse(c, "a user's name that is too long");
	_exit(0);
}

static bool
is_name(char const *name)
{
	size_t i;

	if (!name[0] || name[0] == '-') return false;
	for (i = 0; name[i]; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", name[i]))
			return false;
	return true;
}

/* matched - the name that the throwaway process found; without one it has told
 * the worker why, and there is nothing left to do */
static void
matched(struct child const *c, char name[ACCOUNT_NAME_MAX + 1])
{
	int out[2], e;
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) == -1) child_fall_short(c, errno);
	pid = fork();
	e = errno;
	if (pid == 0) match(c, out[1]);
	close(out[1]);
	if (pid == -1) child_fall_short(c, e);
	n = read(out[0], name, ACCOUNT_NAME_MAX);
	waitpid(pid, NULL, 0);
	close(out[0]);
	if (n <= 0) _exit(0);
	name[n] = '\0';
}

static _Noreturn void
deliver_home(struct child const *c, struct account const *who)
{
	struct parent_settings const *s = c->settings;
	static struct asked asked;
	char path[ROUTE_PATH_MAX];
	char where[ACCOUNT_NAME_MAX + sizeof "~/Maildir"];
	struct delivery_result r;
	struct home home;

	child_receive(c, &asked, false);
	/* another name could have been matched than is there now */
	if (!route_expand(&asked.choice.found,
	    c->act->user ? c->act->user : "${local}", path) ||
	    strcmp(path, who->name))
		child_refuse(c, "a request that changed");
	home = (struct home){ .copy = child_copy(c, &asked),
			      .id = &asked.request.id,
			      .rcpt = asked.request.rcpt,
			      .arrived_s = asked.request.arrived_s,
			      .maybe = asked.request.maybe,
			      .hostname = s->hostname,
			      .lock_time_s = s->lock_time_s };
	child_check_loop(c, &home.copy);
	umask(077);
	if (s->system_mbox) {
		r = home_mbox(&home, "/var/mail", who->name);
	} else {
		r = home_maildir(&home, who->home, "Maildir");
		snprintf(where, sizeof where, "~%s/Maildir", who->name);
		r.where = where;
	}
	child_finish(c, r);
}

void
child_user(struct child const *c)
{
	char name[ACCOUNT_NAME_MAX + 1];
	struct group const *mail = NULL;
	struct account who;

	matched(c, name);
	errno = 0;
	if (!is_name(name) || !account_find(&who, name) ||
	    who.uid < PARENT_UID_MIN || who.uid == (uid_t)65534) {
		if (errno) child_fall_short(c, errno);
		child_finish(c, (struct delivery_result){
		    .verdict = VERDICT_PERM,
		    .status = "5.1.1", .where = "",
		    .words = "no such user, or one of the system's own" });
	}
	/* its group alone makes files in /var/mail */
	if (c->settings->system_mbox) mail = getgrnam("mail");
	if (!account_become(&who, mail ? mail->gr_gid : (gid_t)-1))
		child_refuse(c, "without root there is mail for one user only");
	deliver_home(c, &who);
}
