/* SPDX-License-Identifier: ISC */
/* What the caller asked for: the name we were called by, options, defaults. */
#ifndef MAILGRAVE_SETTINGS_H
#define MAILGRAVE_SETTINGS_H

#include <stdbool.h>
#include "common/complete.h"
#include "common/dsn.h"
#include "common/hostname.h"
#include "inject/login.h"
#include "inject/sendmail.h"

/* What "-q..." is about. */
enum retry { RETRY_ALL, RETRY_ID, RETRY_RCPT, RETRY_SENDER };

struct settings {
	bool from_header, dots, dry_run, verbose;
	char const *sender;	/* NULL: who called us */
	unsigned notify;	/* enum notify */
	enum ret ret;
	char const *envid;	/* NULL: none */
	char const *verp;	/* two delimiters (verp.h); NULL: one sender
				 * for all */
	char const *name, *out, *spool, *domain, *hostname;
	unsigned long long size_max, rcpts_max;
	bool sendmail;		/* called by one of its names */
	bool gateway;		/* the header's addresses stay as they are */
	bool eightbit, utf8;	/* said so; the text may show it, too */
	enum mode mode;
	enum retry retry;
	char const *pattern;	/* of retry, but for all */
	bool by_hand;		/* with a queue of our own, on spool */
	char host[HOSTNAME_MAX + 1];
	char mailname[HOSTNAME_MAX + 1];
	char person[COMPLETE_NAME_MAX + 1];
};

/* settings_read - name and options; sets PROG
 *   misuse  exit codes of a wrong option, by our own name and as sendmail
 *   returns the index of the first operand; may exit as option_parse does */
int settings_read(struct settings *s, int argc, char *const *argv,
    int const *misuse);

/* settings_check - fill in defaults; what the settings say is wrong, or NULL */
char const *settings_check(struct settings *s);

#endif
