/* SPDX-License-Identifier: ISC */
/* Fuzz target: a mailbox, groups, and a routes file, each behind a newline. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/expand.h"
#include "common/handover.h"

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);

static void
must(bool good)
{
	if (!good) abort();
}

/* No value leaves its place. */
static void
check_words(struct routes_match const *found, struct route_act const *act)
{
	char out[ROUTE_PATH_MAX];
	size_t i;

	for (i = 0; i < act->words; i++) {
		bool is_path = act->kind == ROUTE_MAILDIR ||
		    act->kind == ROUTE_MBOX;
		struct addr a;

		must(act->word[i] != NULL);
		if (is_path && route_expand(found, act->word[i], out)) {
			char const *at = out;

			must(*out && *out != '/');
			while ((at = strstr(at, "..")) != NULL) {
				bool first = at == out || at[-1] == '/';

				at += 2;
				must(!first || (*at && *at != '/'));
			}
		}
		if (act->kind == ROUTE_COMMAND)
			route_expand_argument(found, act->word[i], out);
		if (act->kind == ROUTE_ALIAS)
			route_target(found, act->word[i], &a);
	}
	if (act->words) must(!act->word[act->words]);
	if (act->kind == ROUTE_REJECT)
		must(act->code >= 400 && act->code < 600 && act->text &&
		    *act->status == (char)('0' + act->code / 100));
}

static void
check_expansion(struct routes const *routes, struct addr const *rcpt,
    struct slice groups)
{
	struct expansion e;
	struct addr a;
	size_t i;

	if (expand(routes, rcpt, groups, &e) == EXPAND_TARGETS)
		must(e.targets > 0);
	must(e.targets <= HANDOVER_TARGETS_MAX);
	for (i = 0; i < e.targets; i++)
		if (rcpt->domain_len)
			must(addr_parse(&a, e.target[i].address));
	expansion_free(&e);
}

int
LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
	struct slice text = slice_from((char const *)data, size), mailbox = text;
	struct slice groups = text;
	struct parse_error error = { .line = 0 };
	struct routes_match found;
	struct routes routes;
	struct addr rcpt;
	size_t i;

	if (!slice_line(&text, &mailbox) || !slice_line(&text, &groups))
		return 0;
	if (!addr_parse(&rcpt, mailbox)) return 0;
	if (!routes_parse(&routes, text, &error)) {
		must(error.line > 0 && *error.why);
		return 0;
	}
	routes_is_ours(&routes, addr_domain(&rcpt));
	if (routes_find(&routes, &rcpt, groups, &found) == ROUTES_LINE) {
		must(found.route->acts > 0);
		for (i = 0; i < found.route->acts; i++)
			check_words(&found, &found.route->act[i]);
	}
	check_expansion(&routes, &rcpt, groups);
	routes_free(&routes);
	return 0;
}
