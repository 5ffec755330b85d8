/* SPDX-License-Identifier: ISC */
/* Reads what mailgrave-local carries out: mailboxes and commands. */
#include "common/actionpart.h"
#include "common/variable.h"

static bool
take_quota(struct action_reading *r)
{
	static char const units[] = "KMGT";
	char const *text = action_value(r, "quota"), *unit;
	struct slice digits = slice_of(text ? text : "");
	unsigned long long n;
	unsigned shift = 0;

	if (!text) return action_wrong(r, "only quota=SIZE may follow here");
	if (digits.len) {
		unit = strchr(units, digits.s[digits.len - 1]);
		if (unit && *unit) {
			shift = 10 * (unsigned)(unit - units + 1);
			digits.len--;
		}
	}
	if (!slice_number(digits, UINT64_MAX >> shift, &n) || !n)
		return action_wrong(r, "a quota is a number of octets, with K, "
				       "M, G or T");
	r->act->quota = (uint64_t)n << shift;
	return true;
}

bool
action_maildir(struct action_reading *r)
{
	int got;

	if (!action_want(r, "a directory is missing")) return false;
	if (!action_path(r, "a directory has a name", "a directory lies below "
	    "the mailbox root: no \"/\" first"))
		return false;
	got = action_next(r);
	if (got == 1 && !take_quota(r)) return false;
	return got != -1 && (!got || action_end(r));
}

bool
action_mbox(struct action_reading *r)
{
	if (!action_want(r, "a file is missing")) return false;
	if (r->f->len && r->f->word[r->f->len - 1] == '/')
		return action_wrong(r, "a file, not a directory");
	return action_path(r, "a file has a name", "a file lies below the "
	    "mailbox root: no \"/\" first") && action_end(r);
}

/* take_user - root, by name or number, is refused; so is what is no name */
static bool
take_user(struct action_reading *r)
{
	static char const octets[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._-";
	char const *name = r->f->word;

	if (!strcmp(name, "root") || strspn(name, "0") == r->f->len)
		return action_wrong(r, "nothing is done as root");
	if (*name == '-' || strspn(name, octets) != r->f->len)
		return action_wrong(r, "this is no user");
	return action_keep(r, &r->act->user, name);
}

bool
action_command(struct action_reading *r)
{
	int got;

	if (!action_want(r, "a program is missing")) return false;
	if (!strcmp(r->f->word, "as")) {
		if (!action_want(r, "a user is missing") || !take_user(r) ||
		    !action_want(r, "a program is missing"))
			return false;
	}
	if (r->f->word[0] != '/')
		return action_wrong(r, "a program is named from \"/\" on");
	if (!action_no_variables(r)) return false;
	do {
		if (!action_variables(r) || !action_keep_word(r)) return false;
	} while ((got = action_next(r)) == 1);
	return !got;
}

bool
action_system(struct action_reading *r)
{
	int got = action_next(r);

	if (got != 1) return !got;
	if (variable_is_in(r->f->word))
		return action_variables(r) &&
		    action_keep(r, &r->act->user, r->f->word) && action_end(r);
	return take_user(r) && action_end(r);
}
