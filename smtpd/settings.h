/* SPDX-License-Identifier: ISC */
/* What the command line says beyond the options that all stages share. */
#ifndef MAILGRAVE_SMTPD_SETTINGS_H
#define MAILGRAVE_SMTPD_SETTINGS_H

#include "common/netaddr.h"
#include "common/option.h"
#include "smtpd/keys.h"
#include "smtpd/outlet.h"
#include "smtpd/trust.h"

enum {
	SETTINGS_BINDS_MAX = 32,
	SETTINGS_PORTS_MAX = 8,
	SETTINGS_FDS_MAX = 8
};

enum settings_tls {
	SETTINGS_TLS_OFFER,
	SETTINGS_TLS_NONE,
	SETTINGS_TLS_REQUIRE,
	SETTINGS_TLS_DONE	/* by who stands before us */
};

struct settings {
	struct netaddr bind[SETTINGS_BINDS_MAX], tls_bind[SETTINGS_BINDS_MAX];
	size_t binds, tls_binds;
	unsigned port[SETTINGS_PORTS_MAX];
	size_t ports;
	int listen_fd[SETTINGS_FDS_MAX + 1];	/* -1 ends */
	size_t listen_fds;
	char const *access, *log, *resolver;
	bool lmtp, fix_lf, transcript, explain;
	char const *certificate[TLS_PAIRS_MAX], *key[TLS_PAIRS_MAX];
	size_t certificates, keys;
	char const *key_user;
	bool tls_ask;
	char const *tls_before;		/* what UCSPI says of TLS that is done,
					 * or NULL */
	int ucspi_fd[4];		/* control, in, out, -1; -1: none */
	enum settings_tls tls;
	char const *users, *checkpassword, *auth_socket, *auth_user;
	bool submission, auth_clear, hide_client, hash, scram;
	struct trust proxies, xclients;
	struct outlet outlet;
	unsigned long long size_max, line_max, rcpts_max, mails_max,
	    sessions_max, address_max, commands_max, unknown_max, errors_max,
	    streams_max, handshakes_max, failures_max;
	/* seconds */
	unsigned long long command_s, text_s, transaction_s, session_s,
	    greet_s, handshake_s;
};

extern struct option_row const settings_rows[];
extern size_t const settings_rows_n;

/* settings_default - before the command line is read */
void settings_default(struct settings *s);

/* settings_add_fd - a listening socket that was inherited; false: too many */
bool settings_add_fd(struct settings *s, int fd);

/* settings_inherited - those that LISTEN_FDS of sd_listen_fds(3) speaks of
 *   fds, pid  the variables' text, or NULL
 *   self      our own process
 *   false     more than fit */
bool settings_inherited(struct settings *s, char const *fds, char const *pid,
    unsigned long long self);

/* settings_has_logins - somebody may log in */
bool settings_has_logins(struct settings const *s);

/* settings_ucspi - descriptors of UCSPI-TLS, if all three are some
 *   control, in, out  the variables' text, or NULL */
void settings_ucspi(struct settings *s, char const *control, char const *in,
    char const *out);

/* settings_wrong - what excludes each other, in a few words, or NULL */
char const *settings_wrong(struct settings const *s);

/* settings_addresses - where to listen
 *   a  SETTINGS_BINDS_MAX * SETTINGS_PORTS_MAX of them; those without a port
 *      get each --port, and there are two wildcards when none was given
 *   returns how many; 0: none but those that were inherited, or there is one
 *   client on standard input */
size_t settings_addresses(struct settings const *s, struct netaddr *a);

/* settings_is_alone - there is nowhere to listen, as far as s knows */
bool settings_is_alone(struct settings const *s);

#endif
