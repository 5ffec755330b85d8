/* SPDX-License-Identifier: ISC */
/* The option rows and their defaults; opens nothing. */
#include "common/submit.h"
#include "smtpd/settings.h"

static bool
take_bind(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	unsigned char octet[NETADDR_OCTETS];
	struct netaddr *a = &s->bind[s->binds];

	*why = "given too often";
	if (s->binds == SETTINGS_BINDS_MAX) return false;
	if (!netaddr_parse(a, slice_of(argument), why)) return false;
	*why = "an address is wanted, not a name";
	if (!netaddr_ip(octet, slice_of(a->host))) return false;
	s->binds++;
	return true;
}

static bool
take_port(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	unsigned long long port;

	*why = "given too often";
	if (s->ports == SETTINGS_PORTS_MAX) return false;
	*why = "takes a number from 1 to 65535";
	if (!slice_number(slice_of(argument), 65535, &port) || !port)
		return false;
	s->port[s->ports++] = (unsigned)port;
	return true;
}

#define CALL(name, argument, take, help) \
	{ name, argument, OPTION_CALL, 0, 0, 0, take, 0, help }
#define TEXT(name, argument, member, help) \
	{ name, argument, OPTION_TEXT, offsetof(struct settings, member), 0, \
	  0, NULL, 0, help }
#define NUMBER(name, kind, member, max, help) \
	{ name, "N", kind, offsetof(struct settings, member), 1, max, NULL, 0, \
	  help }

struct option_row const settings_rows[] = {
	CALL("bind", "ADDR[:PORT]", take_bind,
	    "listen on this address; may be repeated"),
	CALL("port", "N", take_port,
	    "listen on this port where --bind has none (25); may be repeated"),
	TEXT("access", "FILE", access,
	    "what a client may do (/etc/mailgrave/access)"),
	TEXT("log", "FILE", log, "append log lines to this file"),
	NUMBER("max-size", OPTION_SIZE, size_max, 1ULL << 40,
	    "octets of a message (50M)"),
	NUMBER("max-rcpt", OPTION_NUMBER, rcpts_max, SUBMIT_RCPTS_MAX,
	    "recipients of a message (1000)"),
	NUMBER("max-sessions", OPTION_NUMBER, sessions_max, 1000000,
	    "sessions at a time (5000)"),
	NUMBER("max-commands", OPTION_NUMBER, commands_max, 1000000000,
	    "commands in a session (10000)"),
	NUMBER("max-errors", OPTION_NUMBER, errors_max, 1000000000,
	    "replies 5xx in a session (50)"),
	NUMBER("transactions", OPTION_NUMBER, streams_max, 10000,
	    "messages over 64K that come in at a time (100)"),
};

size_t const settings_rows_n = sizeof settings_rows / sizeof *settings_rows;

void
settings_default(struct settings *s)
{
	*s = (struct settings){ .access = "/etc/mailgrave/access",
		.size_max = 50 << 20, .rcpts_max = 1000, .sessions_max = 5000,
		.commands_max = 10000, .errors_max = 50, .streams_max = 100 };
}

static size_t
add_ports(struct settings const *s, struct netaddr *a, struct netaddr host)
{
	size_t i;

	a[0] = host;
	if (host.port) return 1;
	a[0].port = 25;
	if (!s->ports) return 1;
	for (i = 0; i < s->ports; i++) {
		a[i] = host;
		a[i].port = s->port[i];
	}
	return i;
}

size_t
settings_addresses(struct settings const *s, struct netaddr *a)
{
	size_t i, n = 0;

	for (i = 0; i < s->binds; i++)
		n += add_ports(s, a + n, s->bind[i]);
	if (n || !s->ports) return n;
	n += add_ports(s, a, (struct netaddr){ .host = "0.0.0.0" });
	return n + add_ports(s, a + n, (struct netaddr){ .host = "::" });
}
