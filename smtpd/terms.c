/* SPDX-License-Identifier: ISC */
/* Puts what the command line says of clients where each part looks for it. */
#include "smtpd/terms.h"

void
terms_set(struct conns *c, struct settings const *s)
{
	c->rules = (struct session_rules){
		.lmtp = s->lmtp,
		.tls_required = s->tls == SETTINGS_TLS_REQUIRE,
		.rcpts_max = s->rcpts_max,
		.mails_max = s->mails_max,
		.commands_max = s->commands_max,
		.unknown_max = s->unknown_max,
		.errors_max = s->errors_max,
		.text = { .size_max = s->size_max,
		    .line_max = s->line_max,
		    .fix_lf = s->fix_lf } };
	c->times = (struct conn_times){ .command = s->command_s,
		.text = s->text_s,
		.transaction = s->transaction_s,
		.session = s->session_s, .handshake = s->handshake_s };
	c->greet_s = s->greet_s;
	c->entrance.address_max = s->address_max;
	c->entrance.proxies = &s->proxies;
	c->entrance.xclients = &s->xclients;
	c->handshakes_max = s->handshakes_max;
	c->rules.auth = settings_has_logins(s);
	c->failures.max = s->failures_max;
	c->rules.auth_required = s->submission;
	c->hide_client = s->hide_client;
	c->auth_clear = s->auth_clear;
	c->starttls = s->tls != SETTINGS_TLS_NONE;
	c->tls_before = s->tls == SETTINGS_TLS_DONE ? "" : NULL;
	c->transcript = s->transcript;
	c->pool.streams_max = s->streams_max;
	c->pool.address_max = s->streams_address_max ? s->streams_address_max
	    : (s->streams_max + 1) / 2;
}
