/* SPDX-License-Identifier: ISC */
/* Says what is to be held, and as whom; reads none of it. */
#include <skalibs/nonposix.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "smtpd/pairs.h"

/* Started as root, the helper has a user of its own; else it has ours. */
void
pairs_open(struct keys *k, struct settings const *s)
{
	struct keeper *files = &k->files;
	char const *why;

	memcpy(files->certificate, s->certificate,
	    sizeof files->certificate);
	memcpy(files->key, s->keys ? s->key : s->certificate,
	    sizeof files->key);
	files->pairs = s->certificates;
	k->asks = s->tls_ask;
	if (geteuid() == 0) files->jail.user = s->key_user;
	if (files->pairs && !jail_prepare(&files->jail, &why))
		option_misused(PROG, why, files->jail.user);
	if (keys_open(k)) return;
	if (k->file) strerr_dief(100, k->file, ": ", k->why);
	strerr_diefusys(111, "start the key helper");
}
