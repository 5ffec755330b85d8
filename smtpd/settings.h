/* SPDX-License-Identifier: ISC */
/* What the command line says beyond the options that all stages share. */
#ifndef MAILGRAVE_SMTPD_SETTINGS_H
#define MAILGRAVE_SMTPD_SETTINGS_H

#include "common/option.h"
#include "smtpd/keys.h"
#include "smtpd/outlet.h"
#include "smtpd/places.h"
#include "smtpd/trust.h"

enum settings_tls {
	SETTINGS_TLS_OFFER,
	SETTINGS_TLS_NONE,
	SETTINGS_TLS_REQUIRE,
	SETTINGS_TLS_DONE	/* by who stands before us */
};

struct settings {
	struct places places;
	char const *access, *log, *resolver;
	bool lmtp, fix_lf, transcript, explain;
	char const *certificate[TLS_PAIRS_MAX], *key[TLS_PAIRS_MAX];
	size_t certificates, keys;
	char const *key_user;
	bool tls_ask;
	char const *tls_before;		/* what UCSPI says of TLS that is done,
					 * or NULL */
	enum settings_tls tls;
	char const *users, *checkpassword, *auth_socket, *auth_user;
	bool submission, auth_clear, hide_client, hash, scram;
	struct trust proxies, xclients;
	struct outlet outlet;
	unsigned long long size_max, line_max, rcpts_max, mails_max,
	    sessions_max, address_max, commands_max, unknown_max, errors_max,
	    streams_max, handshakes_max, failures_max;
	unsigned long long streams_address_max;	/* 0: by streams_max */
	/* seconds */
	unsigned long long command_s, text_s, transaction_s, session_s,
	    greet_s, handshake_s;
};

extern struct option_row const settings_rows[];
extern size_t const settings_rows_n;

/* settings_default - before the command line is read */
void settings_default(struct settings *s);

/* settings_has_logins - somebody may log in */
bool settings_has_logins(struct settings const *s);

/* settings_wrong - what excludes each other, in a few words, or NULL */
char const *settings_wrong(struct settings const *s);

#endif
