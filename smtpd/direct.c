/* SPDX-License-Identifier: ISC */
/* Looks at options and starts a child; carries no mail. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/log.h"
#include "smtpd/direct.h"

/* As who started us, with nobody else's powers: so there must be none. */
void
direct_prepare(struct outlet *o, struct stage *stage, struct inforce *rules,
    char *const *operands)
{
	char const *why, *wrong = NULL;

	if (!outlet_take(o, operands, &why))
		option_misused(stage->program, why, *operands);
	if (!o->sink) return;
	if (stage->jail.user || stage->jail.root || stage->out)
		wrong = "--sink goes without --user, --chroot and --out";
	else if (geteuid() == 0)
		wrong = "--sink is not for root: let chpst or inetd change "
			"the user";
	if (wrong) option_misused(stage->program, wrong, NULL);
	stage->by_hand = true;
	if (o->line) stage->routes = "the command line";
	rules->routes_text = o->line;
	rules->objects = sink_objection;
}

void
direct_open(struct sink *sink, struct outlet const *o, struct stage *stage)
{
	char const *argv[OUTLET_ARGUMENTS_MAX];
	int log = log_target.fd != -1 ? log_target.fd
	    : open("/dev/null", O_WRONLY | O_CLOEXEC);

	outlet_argv(o, stage->routes, stage->hostname, argv);
	sink->loop = &stage->loop;
	sink->hostname = stage->hostname;
	if (!sink_open(sink, argv, log))
		strerr_diefusys(111, "start mailgrave-local");
	stage->may |= JAIL_PAIR | JAIL_MEMFD;
}
