/* SPDX-License-Identifier: ISC */
/* Becomes the user of a command's rule and runs it. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "local/account.h"
#include "local/childpart.h"
#include "local/command.h"
#include "local/environ.h"

enum {
	/* octets of a message that is copied into memory for a command; a
	 * larger one gets an unnamed file */
	MEMORY_MAX = 1 << 20,
};

/* message_file - the message by itself, at a descriptor of its own, so that
 * the command may seek; -1 and errno */
static int
message_file(struct copy *copy)
{
	int const all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
	    F_SEAL_SEAL;
	int fd = -1, more;

	if (copy->size > MEMORY_MAX)
		fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1)
		fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1) return -1;
	do
		more = copy_piece(copy, fd);
	while (more == 1);
	if (more == -1 || lseek(fd, 0, SEEK_SET) == -1) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	fcntl(fd, F_ADD_SEALS, all); /* of a memory file */
	return fd;
}

/* expand_words - argv of the rule; the program itself is as it stands */
static char **
expand_words(struct child const *c, struct asked const *a)
{
	struct route_act const *act = c->act;
	char **argv = calloc(act->words + 1, sizeof *argv);
	char word[ROUTE_PATH_MAX];
	size_t i;

	if (!argv) child_fall_short(c, ENOMEM);
	for (i = 0; i < act->words; i++) {
		if (!route_expand_argument(&a->choice.found, act->word[i],
		    word))
			child_finish(c, choose_unsafe());
		argv[i] = strdup(i ? word : act->word[0]);
		if (!argv[i]) child_fall_short(c, ENOMEM);
	}
	return argv;
}

static _Noreturn void
tell(struct child const *c, struct command const *run)
{
	char status[STATUS_MAX + 1];
	struct slice output = slice_from(run->output, run->len);
	struct delivery_result r = exitcode_result(c->settings->exit_codes,
	    run->code, output, status);

	while (output.len && strchr(" \t\r\n", output.s[output.len - 1]))
		output.len--;
	if (r.verdict == VERDICT_OK) output.len = 0;
	if (run->timed_out)
		output = SLICE("it took too long, and was ended");
	else if (run->code == -1)
		output = SLICE("a signal ended it");
	r.where = c->act->word[0];
	child_report(c, &r, output);
}

static _Noreturn void
run_command(struct child const *c, struct account const *who)
{
	struct environ_account const account = { who->name, who->home };
	static struct environ_list environment;
	static struct command run;
	static struct asked asked;
	struct copy copy;

	child_receive(c, &asked, false);
	copy = child_copy(c, &asked);
	child_check_loop(c, &copy);
	if (!environ_compose(&environment, &asked.request, &account,
	    c->settings->safe_env))
		child_refuse(c, "what the message brings fits no environment");
	run.argv = expand_words(c, &asked);
	run.env = environment.entry;
	run.home = who->home;
	run.limit_s = c->settings->command_time_s;
	run.limits = c->settings->limits;
	run.leash = c->socket;
	run.message = message_file(&copy);
	if (run.message == -1) child_fall_short(c, errno);
	if (!command_run(&run)) {
		struct delivery_result r = delivery_trouble(errno);

		r.where = c->act->word[0];
		child_finish(c, r);
	}
	tell(c, &run);
}

void
child_command(struct child const *c)
{
	struct parent_settings const *s = c->settings;
	char const *user = c->act->user ? c->act->user :
	    s->root ? s->command_user : NULL;
	struct account who;

	if (user ? !account_find(&who, user) : !account_own(&who)) {
		if (errno) child_fall_short(c, errno);
		child_refuse(c, "the rule's user does not exist");
	}
	if (!account_become(&who, (gid_t)-1))
		child_refuse(c, "the rule's user is one that can't be become");
	run_command(c, &who);
}
