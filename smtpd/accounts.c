/* SPDX-License-Identifier: ISC */
/* Starts whatever knows the users. May end the process, as main does: it is a
 * part of its beginning. */
#include <skalibs/nonposix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/reader.h"
#include "smtpd/accounts.h"

/* The helpers read it for themselves; no hash stays here. */
static void
check_file(struct accounts *a, char const *file)
{
	char const *why;
	char number[16];
	unsigned line;
	size_t len;
	char *text = file_slurp(file, USERBOOK_FILE_MAX, &len);

	if (!text) strerr_diefusys(100, "read ", file);
	line = users_wrong(slice_from(text, len), &why);
	a->verified = users_verified(slice_from(text, len));
	explicit_bzero(text, len);
	free(text);
	if (!line) return;
	snprintf(number, sizeof number, ":%u", line);
	strerr_dief(100, file, number, ": ", why);
}

/* Who smtpd is has no right to what they know. Without root there is no other
 * one to be. */
static void
find_user(struct jail *jail, char const *user)
{
	char const *why;

	if (geteuid() == 0) jail->user = user;
	if (!jail_prepare(jail, &why))
		strerr_dief(100, "--auth-user ", user, ": ", why);
}

void
accounts_check(struct accounts *a, struct settings const *s)
{
	if (s->users) {
		a->book.file = s->users;
		find_user(&a->book.jail, s->auth_user);
		check_file(a, s->users);
	}
	if (s->checkpassword) {
		find_user(&a->program.jail, s->auth_user);
		if (!checkpassword_words(&a->program, s->checkpassword))
			strerr_dief(100, "--checkpassword: a path from / on is "
			    "wanted, and few arguments");
		if (access(a->program.word[0], X_OK) == -1)
			strerr_diefusys(100, "run ", a->program.word[0]);
	}
}

static void
told(void *owner, enum users_verified now)
{
	struct session_rules *rules = ((struct accounts *)owner)->rules;

	rules->scram = now != USERS_NONE_VERIFIED;
	rules->scram_for_all = now == USERS_ALL_VERIFIED;
}

void
accounts_open(struct accounts *a, struct settings const *s, struct checker *c)
{
	bool good = true;

	c->verified = told;
	c->owner = a;
	if (s->users)
		good = checker_add_helpers(c, ACCOUNTS_HASHERS, "smtpd-auth",
		    userbook_work, &a->book);
	if (s->checkpassword)
		good = checker_add_helpers(c, ACCOUNTS_WAITERS, "smtpd-auth",
		    checkpassword_work, &a->program);
	if (!good)
		strerr_diefusys(111, "start the helpers that check passwords");
	a->server.path = s->auth_socket;
	a->server.loop = c->loop;
	server_open(&a->server);
	if (s->auth_socket) c->server = &a->server;
}

void
accounts_serve(struct accounts *a, struct settings const *s)
{
	if (s->users) told(a, a->verified);
}
