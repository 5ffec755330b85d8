/* SPDX-License-Identifier: ISC */
/* Fuzz target: address, host name, login and sender of a client, and an access
 * file, each behind a newline. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/access.h"

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);

static void
must(bool good)
{
	if (!good) abort();
}

static void
check_refusal(struct access_refusal const *r)
{
	must(r->line && r->code >= 400 && r->code < 600 && r->code != 421);
	must(*r->status == (char)('0' + r->code / 100) && *r->text);
}

static void
check(struct access const *access, struct who_client const *client,
    struct slice sender)
{
	struct access_decision d;
	struct addr a;
	unsigned line;
	size_t i;

	access_client(access, client, &d);
	must(strlen(d.groups) <= ACCESS_NAMES_MAX);
	must(d.zones <= ACCESS_ZONES_MAX);
	must(d.relay == (d.relay_line != 0));
	if (d.verdict == ACCESS_REFUSE) check_refusal(&d.refusal);
	for (i = d.zones; i--;) {
		check_refusal(&d.zone[i].refusal);
		access_listed(&d, i);
		must(d.verdict == ACCESS_REFUSE);
		must(d.refusal.line <= d.zone[i].refusal.line);
	}
	for (i = 0; i < ACCESS_LIMITS; i++)
		must(!d.limit_line[i] || d.limit[i]);
	if (addr_parse(&a, sender))
		access_sender(access, client->login, &a, &line);
	must(access_sender(access, client->login, NULL, &line));
}

int
LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
	struct slice text = slice_from((char const *)data, size);
	struct slice address, name, login, sender;
	char copy[64];
	struct who_client client = { .address = copy };
	struct parse_error error = { .line = 0 };
	struct access access;

	if (!slice_line(&text, &address) || !slice_line(&text, &name) ||
	    !slice_line(&text, &login) || !slice_line(&text, &sender))
		return 0;
	snprintf(copy, sizeof copy, "%.*s", (int)address.len, address.s);
	client.name = name;
	client.login = login;
	if (!access_parse(&access, text, &error)) {
		must(error.line > 0 && *error.why);
		return 0;
	}
	check(&access, &client, sender);
	access_free(&access);
	return 0;
}
