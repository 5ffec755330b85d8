/* SPDX-License-Identifier: ISC */
/* The option rows, their defaults and what they mean together; opens nothing
 * but the file of authorities. */
#include <stdio.h>
#include "remote/settings.h"

static char const default_ca[] = "/etc/ssl/certs/ca-certificates.crt";

static bool
take_from(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct addr a;

	s->sender = slice_of(argument);
	if (slice_is(s->sender, "<>")) s->sender = SLICE("");
	s->sender_given = true;
	*why = "not an address";
	return !s->sender.len || addr_parse(&a, s->sender);
}

static bool
take_rcpt(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct addr a;

	*why = "not an address";
	if (!addr_parse(&a, slice_of(argument))) return false;
	*why = "more recipients than a job may have";
	if (s->rcpts == DELIVER_RCPTS_MAX) return false;
	s->rcpt[s->rcpts++] = slice_of(argument);
	return true;
}

static bool
take_tls(void *options, char const *argument, char const **why)
{
	static char const *const mode[] = { "none", "may", "must", "verify" };
	struct settings *s = options;
	unsigned i;

	*why = "none, may, must or verify";
	for (i = 0; i < sizeof mode / sizeof *mode; i++) {
		if (strcmp(argument, mode[i])) continue;
		s->security = i;
		return true;
	}
	return false;
}

static bool
take_source(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct address a;
	bool ip4;

	*why = "not an address";
	if (!netaddr_ip(a.octet, slice_of(argument))) return false;
	ip4 = netaddr_is_ip4(a.octet);
	*why = "one address of each family";
	if (s->has_source[ip4]) return false;
	s->source[ip4] = a;
	s->has_source[ip4] = true;
	return true;
}

static bool
take_login(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	int n = snprintf(s->login.name, sizeof s->login.name, "%s", argument);

	*why = "empty or too long";
	return n > 0 && n <= LOGIN_NAME_MAX;
}

#define TEXT(name, argument, member, help) \
	{ name, argument, OPTION_TEXT, offsetof(struct settings, member), 0, \
	  0, NULL, 0, help }
#define NUMBER(name, argument, member, min, max, help) \
	{ name, argument, OPTION_NUMBER, offsetof(struct settings, member), \
	  min, max, NULL, 0, help }
#define FLAG(name, member, help) \
	{ name, NULL, OPTION_FLAG, offsetof(struct settings, member), 0, 0, \
	  NULL, 0, help }
#define CALL(name, argument, take, help) \
	{ name, argument, OPTION_CALL, 0, 0, 0, take, 0, help }

struct option_row const settings_rows[] = {
	TEXT("relay", "HOST[:PORT]", relay,
	    "where mail goes that names no other host"),
	NUMBER("port", "N", port, 1, 65535,
	    "where neither job nor relay has one (25)"),
	CALL("login", "NAME", take_login, "log in to --relay"),
	TEXT("password-file", "FILE", password_file,
	    "its password (SMTP_AUTH_PASSWORD in the environment)"),
	FLAG("token", token, "the password is a token, for XOAUTH2"),
	TEXT("token-command", "COMMAND", token_command,
	    "prints a token for XOAUTH2 when one is needed"),
	FLAG("auth-clear", auth_clear,
	    "log in even where others may listen"),
	CALL("tls", "none|may|must|verify", take_tls,
	    "how much TLS other hosts have to know (may)"),
	TEXT("tls-ca", "FILE", tls_ca,
	    "whose certificates to believe (the system's)"),
	TEXT("resolver", "ADDR[:PORT]", resolver,
	    "DNS server to ask (as /etc/resolv.conf says)"),
	CALL("source", "ADDR", take_source,
	    "call from this address; one for IPv4 and one for IPv6"),
	NUMBER("jobs", "N", jobs, 1, DELIVER_SLOTS_MAX,
	    "messages sent at a time (100)"),
	NUMBER("time-limit", "SECONDS", time_limit_s, 1, 86400,
	    "for a whole delivery (3600)"),
	NUMBER("hurry", "N", hurry, 1, 10000,
	    "divide all time-outs by N, for tests (1)"),
	CALL("from", "ADDRESS", take_from, "by hand: the sender, <> for none"),
	CALL("rcpt", "ADDRESS", take_rcpt,
	    "by hand: a recipient; may be repeated"),
	TEXT("lmtp", "HOST:PORT|SOCKET", lmtp,
	    "by hand: deliver by LMTP, there"),
};

size_t const settings_rows_n = sizeof settings_rows / sizeof *settings_rows;

void
settings_default(struct settings *s)
{
	*s = (struct settings){ .port = REMOTE_PORT, .jobs = 100,
		.time_limit_s = 3600, .hurry = 1, .security = SECURITY_MAY };
}

bool
settings_apply(struct settings *s, struct remote *r, bool by_hand,
    char const **why, char const **which)
{
	*which = s->relay;
	if (s->relay && !netaddr_parse(&r->relay, slice_of(s->relay), why))
		return false;
	*which = NULL;
	*why = "--login is for --relay";
	if (*s->login.name && !s->relay) return false;
	*why = "--lmtp is for use by hand, without --relay";
	if (s->lmtp && (!by_hand || s->relay)) return false;
	*why = "by hand it takes --from and --rcpt";
	if (by_hand && !(s->rcpts && s->sender_given)) return false;
	if (!r->relay.port) r->relay.port = (unsigned)s->port;
	*which = s->tls_ca ? s->tls_ca : default_ca;
	if (!tls_client_open(&r->tls, *which,
	    s->tls_ca || s->security == SECURITY_VERIFY, why))
		return false;
	s->login.token = s->token || s->token_command;
	s->login.hmac = tls_hmac_md5;
	r->login = *s->login.name ? &s->login : NULL;
	r->port = (unsigned)s->port;
	r->security = s->security;
	r->clear_login = s->auth_clear;
	memcpy(r->source, s->source, sizeof r->source);
	memcpy(r->has_source, s->has_source, sizeof r->has_source);
	r->hurry = (unsigned)s->hurry;
	r->deadline_ms = (int64_t)s->time_limit_s * 1000;
	r->pool.idle_max = by_hand ? 0 : (size_t)s->jobs;
	r->pool.leaving_max = (size_t)s->jobs;
	r->by_hand = by_hand;
	return true;
}

/* What has a port is a host, anything else the path of a socket, as in the
 * routes. */
static bool
lmtp_target(struct settings const *s, struct remote const *r,
    struct target *target, char const **why)
{
	struct netaddr to;
	char const *unused;

	target->how = DELIVER_LMTP;
	if (netaddr_parse(&to, slice_of(s->lmtp), &unused) && to.port) {
		target->port = (uint16_t)to.port;
		target->security = (uint8_t)r->security;
		memcpy(target->host, to.host, strlen(to.host));
		return true;
	}
	*why = "--lmtp: empty or too long";
	if (!*s->lmtp || strlen(s->lmtp) > NETADDR_HOST_MAX) return false;
	memcpy(target->host, s->lmtp, strlen(s->lmtp));
	return true;
}

bool
settings_target(struct settings const *s, struct remote const *r,
    struct target *target, char const **why, char const **which)
{
	struct addr first = { .domain_len = 0 }, other;
	size_t i;

	*which = s->lmtp;
	if (s->lmtp) return lmtp_target(s, r, target, why);
	if (*r->relay.host) {
		remote_target_relay(r, target, &r->relay);
		return true;
	}
	*why = "without --relay: recipients of one domain";
	for (i = 0; i < s->rcpts; i++) {
		*which = s->rcpt[i].s;
		if (!addr_parse(i ? &other : &first, s->rcpt[i]) ||
		    !first.domain_len ||
		    (i && !slice_eq(addr_domain(&other), addr_domain(&first))))
			return false;
	}
	target->how = DELIVER_MX;
	target->security = (uint8_t)r->security;
	target->port = (uint16_t)r->port;
	memcpy(target->host, first.domain, first.domain_len);
	return true;
}
