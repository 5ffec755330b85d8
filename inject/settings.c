/* SPDX-License-Identifier: ISC */
/* The option table of inject and what its rows default to. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/addr.h"
#include "common/complete.h"
#include "common/option.h"
#include "common/submit.h"
#include "inject/settings.h"

#define SPOOL_HOME "/var/spool/mailgrave"

static bool
take_sender(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	(void)why;	/* an empty one is the null path */
	s->sender = argument;
	return true;
}

static bool
take_notify(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	if (dsn_notify_parse(slice_of(argument), &s->notify)) return true;
	*why = "neither never nor a list of success, failure, delay";
	return false;
}

static bool
take_ret(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	bool full = slice_is_nocase(slice_of(argument), "full");

	if (full || slice_is_nocase(slice_of(argument), "hdrs")) {
		s->ret = full ? RET_FULL : RET_HDRS;
		return true;
	}
	*why = "neither full nor hdrs";
	return false;
}

static bool
take_envid(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	if (dsn_envid_valid(slice_of(argument))) {
		s->envid = argument;
		return true;
	}
	*why = "longer than 100 octets, or no xtext (RFC 3461)";
	return false;
}

#define ROW(name, letter, argument, kind, member, help) \
	{ name, argument, kind, offsetof(struct settings, member), 0, 0, \
	  NULL, letter, help }
#define FLAG(name, letter, member, help) \
	ROW(name, letter, NULL, OPTION_FLAG, member, help)
#define TEXT(name, letter, argument, member, help) \
	ROW(name, letter, argument, OPTION_TEXT, member, help)

static struct option_row const rows[] = {
	FLAG("recipients", 't', from_header,
	    "recipients from To, Cc and Bcc too, not from operands alone"),
	{ "from", "ADDR", OPTION_CALL, 0, 0, 0, take_sender, 'f',
	  "sender; empty or <> for none (login name @ domain)" },
	TEXT("name", 'F', "NAME", name, "full name in a From that is added"),
	{ "notify", "LIST", OPTION_CALL, 0, 0, 0, take_notify, 'N',
	  "report never, or any of success,failure,delay" },
	{ "ret", "full|hdrs", OPTION_CALL, 0, 0, 0, take_ret, 'R',
	  "what a report of failure returns" },
	{ "envid", "ID", OPTION_CALL, 0, 0, 0, take_envid, 'V',
	  "what reports call the message" },
	FLAG("dots", 'i', dots, "as sendmail: a lone dot is text, not the end"),
	TEXT("out", 0, "PATH", out,
	    "socket of the queue (" SPOOL_HOME "/submit.ctrl)"),
	TEXT("spool", 0, "DIR", spool,
	    "no daemon: put the message into this spool directory"),
	TEXT("domain", 0, "NAME", domain,
	    "for addresses without one (/etc/mailname, host name)"),
	TEXT("hostname", 0, "NAME", hostname,
	    "name of this host (what the system says)"),
	{ "max-size", "OCTETS", OPTION_SIZE,
	  offsetof(struct settings, size_max), 1, 1ULL << 40, NULL, 0,
	  "largest message (50M)" },
	{ "max-rcpt", "N", OPTION_NUMBER, offsetof(struct settings, rcpts_max),
	  1, SUBMIT_RCPTS_MAX, NULL, 0, "most recipients (1000)" },
	FLAG("dry-run", 0, dry_run, "print what would be queued"),
	FLAG("verbose", 0, verbose, "print the id of the message"),
};

static struct option_page const pages[] = {
	{ "mailgrave-inject", "[options] [recipient ...]",
	  "Queues the message on standard input.",
	  "Without recipients they are taken from the header. Exit: 0 queued, "
	  "100 refused, 111 try later." },
	{ "sendmail", "[options] [recipient ...]",
	  "Queues the message on standard input.",
	  "The letters of other sendmails are taken, too; see "
	  "mailgrave-inject(8).\nExit codes are those of sysexits.h." },
};

int
settings_read(struct settings *s, int argc, char *const *argv,
    int const *misuse)
{
	struct option_table const table[] = {
		OPTION_TABLE(rows, s),
		{ .row = sendmail_rows, .rows = sendmail_rows_n, .options = s },
	};
	char const *name = argc > 0 ? argv[0] : "", *slash = strrchr(name, '/');

	*s = (struct settings){ .size_max = 50 << 20, .rcpts_max = 1000 };
	s->sendmail = sendmail_mode(slash ? slash + 1 : name, &s->mode);
	PROG = pages[s->sendmail].program;
	return option_parse(argc, argv, &pages[s->sendmail], table,
	    s->sendmail ? 2 : 1, misuse[s->sendmail]);
}

char const *
settings_check(struct settings *s)
{
	if (s->sendmail && s->spool) return "--spool is not for sendmail";
	if (s->verp && s->sender && (!*s->sender || !strcmp(s->sender, "<>")))
		return "-XV: reports need a sender";
	if (s->out && s->spool) return "--out and --spool exclude each other";
	s->by_hand = s->spool || (!s->out && !s->sendmail &&
	    access(SPOOL_HOME, F_OK) == -1 && errno == ENOENT);
	if (!s->spool) s->spool = ".";
	if (!s->out) s->out = SPOOL_HOME "/submit.ctrl";
	if (!s->hostname) s->hostname = hostname_of_host(s->host);
	if (!s->domain) s->domain = hostname_of_mail(s->mailname);
	/* whoever names another sender isn't the author himself */
	if (!s->name)
		s->name = s->sender ? "" : login_person(s->person);
	if (!addr_domain_valid(slice_of(s->hostname)))
		return "--hostname: not a host name";
	if (!addr_domain_valid(slice_of(s->domain)))
		return "--domain: not a domain";
	if (!complete_name_valid(slice_of(s->name)))
		return "--name: too long, or has a control octet";
	return NULL;
}
