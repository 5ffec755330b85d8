/* SPDX-License-Identifier: ISC */
/* What the command line says beyond the options that all stages share, and the
 * secret that it must not say. */
#ifndef MAILGRAVE_REMOTE_SETTINGS_H
#define MAILGRAVE_REMOTE_SETTINGS_H

#include "common/deliver.h"
#include "common/option.h"
#include "remote/remote.h"

struct settings {
	char const *relay, *lmtp, *resolver, *tls_ca, *password_file;
	char const *token_command;
	enum security security;
	bool auth_clear, token;
	struct address source[2];	/* IPv6, IPv4 */
	bool has_source[2];
	unsigned long long port, jobs, time_limit_s, hurry;
	struct login login;		/* no name: none */
	/* by hand */
	struct slice sender, rcpt[DELIVER_RCPTS_MAX];
	bool sender_given;
	size_t rcpts;
};

extern struct option_row const settings_rows[];
extern size_t const settings_rows_n;

/* settings_default - before the command line is read */
void settings_default(struct settings *s);

/* settings_secret - read the password, from --password-file, from
 * $SMTP_AUTH_PASSWORD, which is wiped out of the process's environment in any
 * case, or from $CREDENTIALS_DIRECTORY; none with --token-command
 *   false  *why says what is wrong, *which with what */
bool settings_secret(struct settings *s, char const **why, char const **which);

/* settings_apply - check what belongs together and fill what jobs share
 *   by_hand  deliver settings->rcpt, without send
 *   false    *why and *which */
bool settings_apply(struct settings *s, struct remote *r, bool by_hand,
    char const **why, char const **which);

/* settings_target - by hand: where to
 *   false  *why and *which */
bool settings_target(struct settings const *s, struct remote const *r,
    struct target *target, char const **why, char const **which);

#endif
