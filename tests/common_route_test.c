/* SPDX-License-Identifier: ISC */
/* One line of the routes file: what it may say, and the path that comes of
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "common/routes.h"

static bool
parse(struct route *route, struct slice text, struct parse_error *error)
{
	struct rulefile f;

	rulefile_begin(&f, text, error);
	f.patterns = true;
	*route = (struct route){ .acts = 0 };
	if (rulefile_line(&f) != 1) return false;
	f.patterns = false;
	return route_parse(route, &f);
}

static void
reads_lines(void **state)
{
	static struct {
		char const *text, *pattern;
		size_t at;
		enum route_action action;
		char const *argument;
		unsigned port;
	} const rows[] = {
		{ "A.b@D.Example maildir Box/ # the first", "a.b@d.example", 3,
		  ROUTE_MAILDIR, "Box/", 0 },
		{ "@d.example\tmaildir ${local}/", "@d.example", 0,
		  ROUTE_MAILDIR, "${local}/", 0 },
		{ "d.example maildir ${domain}/${local}/${ext}", "d.example",
		  9, ROUTE_MAILDIR, "${domain}/${local}/${ext}", 0 },
		{ "root@ maildir root", "root@", 4, ROUTE_MAILDIR, "root", 0 },
		{ "@[192.0.2.1] maildir x", "@[192.0.2.1]", 0, ROUTE_MAILDIR,
		  "x", 0 },
		{ "a@[IPv6:::1] maildir x", "a@[ipv6:::1]", 1, ROUTE_MAILDIR,
		  "x", 0 },
		{ "[IPv6:2001:DB8:0:0:0:0:0:1] maildir x",
		  "[ipv6:2001:db8::1]", 18, ROUTE_MAILDIR, "x", 0 },
		{ "@[IPv6:::a0b:c0d] maildir x", "@[ipv6:::10.11.12.13]", 0,
		  ROUTE_MAILDIR, "x", 0 },
		{ "* relay MX.Example", "*", 1, ROUTE_RELAY, "mx.example", 0 },
		{ "a@d relay [2001:DB8::1]:587", "a@d", 1, ROUTE_RELAY,
		  "2001:db8::1", 587 },
		{ "\"J. Doe\"@d maildir \"my mail\"", "j. doe@d", 6,
		  ROUTE_MAILDIR, "my mail", 0 },
		{ "a+X@d maildir ...", "a+x@d", 3, ROUTE_MAILDIR, "...", 0 },
		{ "a@d maildir ..a/b../.c", "a@d", 1, ROUTE_MAILDIR,
		  "..a/b../.c", 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error;
		struct route route;

		assert_true(parse(&route, slice_of(rows[i].text), &error));
		assert_string_equal(route.pattern, rows[i].pattern);
		assert_int_equal(route.at, rows[i].at);
		assert_int_equal(route.acts, 1);
		assert_int_equal(route.act->kind, rows[i].action);
		assert_string_equal(route.act->host ? route.act->host
		    : route.act->word[0], rows[i].argument);
		assert_int_equal(route.act->port, rows[i].port);
		assert_int_equal(route.line, 1);
		assert_int_equal(route_is_foreign(&route),
		    rows[i].pattern[0] == '*');
		route_free(&route);
	}
}

/* as text: "kind user host:port code status text quota tls login | word..." */
static void
put(char *out, struct route const *route)
{
	static char const *const tls[] = { "", "none", "may", "must",
		"verify" };
	size_t i, k;

	*out = '\0';
	for (i = 0; i < route->acts; i++) {
		struct route_act const *a = &route->act[i];

		out += sprintf(out, "%s%s", i ? ", " : "",
		    action_name(a->kind));
		if (a->user) out += sprintf(out, " as %s", a->user);
		if (a->host)
			out += sprintf(out, " to %s:%u", a->host, a->port);
		if (a->code)
			out += sprintf(out, " %u %s \"%s\"", a->code,
			    a->status, a->text);
		if (a->quota)
			out += sprintf(out, " %llu",
			    (unsigned long long)a->quota);
		if (a->tls) out += sprintf(out, " %s", tls[a->tls]);
		if (a->login) out += sprintf(out, " login");
		for (k = 0; k < a->words; k++)
			out += sprintf(out, " [%s]", a->word[k]);
		if (a->words) assert_null(a->word[k]);
	}
}

static void
reads_actions(void **state)
{
	static struct {
		char const *text, *wanted;
	} const rows[] = {
		{ "maildir x quota=1G", "maildir 1073741824 [x]" },
		{ "maildir x quota=1", "maildir 1 [x]" },
		{ "maildir x quota=16777215T",
		  "maildir 18446742974197923840 [x]" },
		{ "mbox ${local}.mbox", "mbox [${local}.mbox]" },
		{ "command /bin/x", "command [/bin/x]" },
		{ "command as crm \"/bin/my x\" --queue \"new ones\" "
		  "${local} as", "command as crm [/bin/my x] [--queue] "
		  "[new ones] [${local}] [as]" },
		{ "command /bin/x \"\" \",\" \"# \\\"\"",
		  "command [/bin/x] [] [,] [# \"]" },
		{ "system", "system" },
		{ "system admin", "system as admin" },
		{ "system ${ext}", "system as ${ext}" },
		{ "lmtp lmtp.sock", "lmtp [lmtp.sock]" },
		{ "lmtp /run/lmtp", "lmtp [/run/lmtp]" },
		{ "lmtp IMAP.example:24", "lmtp to imap.example:24" },
		{ "lmtp [2001:DB8::1]:24", "lmtp to 2001:db8::1:24" },
		{ "lmtp host", "lmtp [host]" },
		{ "lmtp ./x:24", "lmtp [./x:24]" },
		{ "alias b@d c@[192.0.2.1] ${local}@e",
		  "alias [b@d] [c@[192.0.2.1]] [${local}@e]" },
		{ "alias \"j doe@d\"", "alias [j doe@d]" },
		{ "relay MX.Example tls=verify login=yes",
		  "relay to mx.example:0 verify login" },
		{ "relay 192.0.2.1:587 login=no tls=none",
		  "relay to 192.0.2.1:587 none" },
		{ "mx", "mx" },
		{ "mx tls=must", "mx must" },
		{ "mx tls=may", "mx may" },
		{ "reject 550 5.1.6 \"moved, see https://e\"",
		  "reject 550 5.1.6 \"moved, see https://e\"" },
		{ "reject 450 4.2.1 later", "reject 450 4.2.1 \"later\"" },
		{ "discard", "discard" },
		{ "maildir x/, alias b@d c@d, command as u /x y,mbox z",
		  "maildir [x/], alias [b@d] [c@d], command as u [/x] [y], "
		  "mbox [z]" },
		{ "from office maildir x", "maildir [x]" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[256] = "a@d ", got[512];
		struct parse_error error;
		struct route route;

		strcat(text, rows[i].text);
		if (!parse(&route, slice_of(text), &error))
			fail_msg("%s: %s", text, error.why);
		put(got, &route);
		assert_string_equal(got, rows[i].wanted);
		if (strstr(text, "from"))
			assert_string_equal(route.from, "office");
		else
			assert_null(route.from);
		route_free(&route);
	}
}

static void
knows_left_sides(void **state)
{
	static struct {
		char const *text, *pattern;
		enum route_left left;
	} const rows[] = {
		{ "A@d", "a@d", ROUTE_MAILBOX }, { "@D", "@d", ROUTE_DOMAIN },
		{ "D", "d", ROUTE_DOMAIN }, { ".D", ".d", ROUTE_SUBDOMAINS },
		{ "A@", "a@", ROUTE_LOCAL }, { "*", "*", ROUTE_ALL },
		{ "[192.0.2.1]", "[192.0.2.1]", ROUTE_DOMAIN },
		{ "/^A, \"#\\/b@d$/", "^A, \"#\\/b@d$", ROUTE_PATTERN },
		{ "\xc3\x84@\xc3\xb6.Example", "\xc3\x84@\xc3\xb6.example",
		  ROUTE_MAILBOX },
		{ ".\xc3\xb6", ".\xc3\xb6", ROUTE_SUBDOMAINS }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error;
		struct route route;
		char text[128];

		snprintf(text, sizeof text, "%s maildir x", rows[i].text);
		if (!parse(&route, slice_of(text), &error))
			fail_msg("%s: %s", text, error.why);
		assert_string_equal(route.pattern, rows[i].pattern);
		assert_int_equal(route.left, rows[i].left);
		assert_int_equal(!!route.match, route.left == ROUTE_PATTERN);
		route_free(&route);
	}
}

static void
says_the_column(void **state)
{
	static struct {
		char const *text;
		unsigned column;
	} const rows[] = {
		{ "  a@@d maildir x", 3 }, { "a@d\tmaildirr x", 5 },
		{ "a@d maildir x, mbox \"y/\"", 21 }, { "a@d", 1 },
		{ "/^a(@d/ maildir x", 7 }, { "a@d maildir x,", 14 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error;
		struct route route;

		assert_false(parse(&route, slice_of(rows[i].text), &error));
		route_free(&route);
		assert_int_equal(error.column, rows[i].column);
	}
}

static void
holds_the_limit_of_texts(void **state)
{
	size_t len;

	(void)state;
	for (len = ACTION_TEXT_MAX; len <= ACTION_TEXT_MAX + 1; len++) {
		char text[ACTION_TEXT_MAX + 64] = "a@d reject 550 5.1.1 ";
		struct parse_error error;
		struct route route;
		size_t n = strlen(text);

		memset(text + n, 'x', len);
		text[n + len] = '\0';
		assert_int_equal(parse(&route, slice_of(text), &error),
		    len == ACTION_TEXT_MAX);
		route_free(&route);
	}
}

static void
names_what_is_wrong(void **state)
{
	static char const variables[] = "after \"$\" only {local}, {domain}, "
	    "{ext}, a group of the pattern, or \"$\"";
	static char const absolute[] = "a directory lies below the mailbox "
	    "root: no \"/\" first";
	static struct {
		char const *text, *word, *why;
	} const rows[] = {
		/* left sides */
		{ "/^a@d maildir x", "^a@d maildir x",
		  "the closing slash is missing" },
		{ "/^a@d/x maildir x", "^a@d",
		  "only a blank may follow a pattern" },
		{ "/^a(@d/ maildir x", "^a(@d", "missing closing parenthesis" },
		{ "/a\\C/ maildir x", "a\\C",
		  "using \\C is disabled by the application" },
		{ "*@d maildir x", "*@d", "all of a domain is @domain" },
		{ ". maildir x", ".", "this is no domain" },
		{ "..d maildir x", "..d", "this is no domain" },
		{ "@.d maildir x", "@.d", "this is no domain" },
		{ "a@.d maildir x", "a@.d", "this is no domain" },
		{ "@ maildir x", "@", "this is no domain" },
		{ "d. maildir x", "d.", "this is no domain" },
		{ "a@d@ maildir x", "a@d@", "this is no local part" },
		{ "a@@d maildir x", "a@@d", "this is no local part" },
		{ "\"a@b\"@d maildir x", "a@b@d", "this is no local part" },
		{ "a@b_c maildir x", "a@b_c", "this is no domain" },
		{ "a@[192.0.2.256] maildir x", "a@[192.0.2.256]",
		  "this is no domain" },
		{ ".[192.0.2.1] maildir x", ".[192.0.2.1]",
		  "this is no domain" },
		{ "a@* maildir x", "a@*", "this is no domain" },
		{ "\"\" maildir x", "", "this is no domain" },
		{ ", maildir x", ",", "this is no domain" },
		{ "\xc3@d maildir x", "\xc3@d", "this is no local part" },
		{ "\xed\xa0\x80@d maildir x", "\xed\xa0\x80@d",
		  "this is no local part" },
		{ "a@\xc3 maildir x", "a@\xc3", "this is no domain" },
		{ "a@\xc3\xa4..d maildir x", "a@\xc3\xa4..d",
		  "this is no domain" },
		/* groups */
		{ "a@d from", "from", "a group is missing" },
		{ "a@d from a.b maildir x", "a.b",
		  "no group can have this name" },
		{ "a@d from a, maildir x", ",", "an action is missing" },
		{ "a@d from a from b maildir x", "from",
		  "there is no such action" },
		/* right sides */
		{ "a@d", "a@d", "an action is missing" },
		{ "a@d # maildir x", "a@d", "an action is missing" },
		{ "a@d smarthost x", "smarthost", "there is no such action" },
		{ "a@d Maildir x", "Maildir", "there is no such action" },
		{ "a@d \"\"", "", "there is no such action" },
		{ "a@d , maildir x", ",", "an action is missing" },
		{ "a@d maildir x,", ",", "an action is missing" },
		{ "a@d maildir x,, maildir y", ",", "an action is missing" },
		{ "a@d reject 550 5.1.1 \"no\", discard", ",",
		  "reject and discard stand alone" },
		{ "a@d maildir x, discard", "discard",
		  "reject and discard stand alone" },
		{ "a@d maildir \"x", "x", "the closing quote is missing" },
		/* directories and files */
		{ "a@d maildir", "maildir", "a directory is missing" },
		{ "a@d maildir , maildir x", ",", "a directory is missing" },
		{ "a@d maildir x y", "y", "only quota=SIZE may follow here" },
		{ "a@d maildir x quota=1G y", "y", "nothing may follow here" },
		{ "a@d maildir x quota=", "quota=", "a quota is a number of "
		  "octets, with K, M, G or T" },
		{ "a@d maildir x quota=G", "quota=G", "a quota is a number of "
		  "octets, with K, M, G or T" },
		{ "a@d maildir x quota=0", "quota=0", "a quota is a number of "
		  "octets, with K, M, G or T" },
		{ "a@d maildir x quota=16777216T", "quota=16777216T", "a quota "
		  "is a number of octets, with K, M, G or T" },
		{ "a@d maildir \"\"", "", "a directory has a name" },
		{ "a@d maildir /x", "/x", absolute },
		{ "a@d maildir ..", "..", "no \"..\" in a path" },
		{ "a@d maildir ../x", "../x", "no \"..\" in a path" },
		{ "a@d maildir x/..", "x/..", "no \"..\" in a path" },
		{ "a@d maildir x//../y", "x//../y", "no \"..\" in a path" },
		{ "a@d maildir x/../", "x/../", "no \"..\" in a path" },
		{ "a@d maildir ${other}", "${other}", variables },
		{ "a@d maildir ${local}/${x}", "${local}/${x}", variables },
		{ "a@d maildir ${1}", "${1}", variables },
		{ "a@d maildir ${local", "${local", variables },
		{ "a@d maildir ${}", "${}", variables },
		{ "a@d maildir x$", "x$", variables },
		{ "a@d maildir $local", "$local", variables },
		{ "/^(a)@d$/ maildir ${0}", "${0}", variables },
		{ "/^(a)@d$/ maildir ${2}", "${2}", variables },
		{ "/^(?<x>a)@d$/ maildir ${y}", "${y}", variables },
		{ "/^(?<ext>a)@d$/ maildir x", "x", "its pattern has a group "
		  "named local, domain or ext" },
		{ "a@d mbox", "mbox", "a file is missing" },
		{ "a@d mbox x/", "x/", "a file, not a directory" },
		{ "a@d mbox \"\"", "", "a file has a name" },
		{ "a@d mbox x y", "y", "nothing may follow here" },
		/* commands and users */
		{ "a@d command", "command", "a program is missing" },
		{ "a@d command as", "as", "a user is missing" },
		{ "a@d command as x", "x", "a program is missing" },
		{ "a@d command as root /x", "root", "nothing is done as root" },
		{ "a@d command as 0 /x", "0", "nothing is done as root" },
		{ "a@d command as 00 /x", "00", "nothing is done as root" },
		{ "a@d command as \"\" /x", "", "nothing is done as root" },
		{ "a@d command as ${local} /x", "${local}",
		  "this is no user" },
		{ "a@d command as -x /x", "-x", "this is no user" },
		{ "a@d command ls", "ls", "a program is named from \"/\" on" },
		{ "a@d command /x/${local}", "/x/${local}",
		  "no variables here" },
		{ "a@d command /x ${y}", "${y}", variables },
		{ "a@d system root", "root", "nothing is done as root" },
		{ "a@d system a b", "b", "nothing may follow here" },
		{ "a@d system ${a}", "${a}", variables },
		/* hosts and sockets */
		{ "a@d relay", "relay", "a host is missing" },
		{ "a@d relay x 25", "25",
		  "nothing like this may follow here" },
		{ "a@d relay x_y", "x_y",
		  "neither an address nor a host name" },
		{ "a@d relay mx:0", "mx:0",
		  "a port is a number from 1 to 65535" },
		{ "a@d relay ${domain}", "${domain}",
		  "neither an address nor a host name" },
		{ "a@d relay x tls=yes", "tls=yes",
		  "none, may, must or verify" },
		{ "a@d relay x tls=", "tls=", "none, may, must or verify" },
		{ "a@d relay x login=maybe", "login=maybe", "yes or no" },
		{ "a@d mx login=yes", "login=yes",
		  "nothing like this may follow here" },
		{ "a@d mx x", "x", "nothing like this may follow here" },
		{ "a@d lmtp", "lmtp", "a socket, or HOST:PORT, is missing" },
		{ "a@d lmtp ${local}", "${local}", "no variables here" },
		{ "a@d lmtp ../x", "../x", "no \"..\" in a path" },
		{ "a@d lmtp x y", "y", "nothing may follow here" },
		/* addresses */
		{ "a@d alias", "alias", "an address is missing" },
		{ "a@d alias b", "b", "an address has a local part, \"@\" and "
		  "a domain" },
		{ "a@d alias @d", "@d", "an address has a local part, \"@\" "
		  "and a domain" },
		{ "a@d alias b@", "b@", "an address has a local part, \"@\" "
		  "and a domain" },
		{ "a@d alias b@d..e", "b@d..e", "this is no address" },
		{ "a@d alias b@d ${x}@d", "${x}@d", variables },
		/* refusals */
		{ "a@d reject", "reject", "a code is missing" },
		{ "a@d reject 250 2.0.0 x", "250",
		  "a code is 4xx or 5xx, but not 421" },
		{ "a@d reject 421 4.0.0 x", "421",
		  "a code is 4xx or 5xx, but not 421" },
		{ "a@d reject 600 5.0.0 x", "600",
		  "a code is 4xx or 5xx, but not 421" },
		{ "a@d reject 550", "550",
		  "a status like 5.1.6 is missing" },
		{ "a@d reject 550 4.1.1 x", "4.1.1", "a status is like 5.7.1, "
		  "and of the class of the code" },
		{ "a@d reject 550 5.1 x", "5.1", "a status is like 5.7.1, and "
		  "of the class of the code" },
		{ "a@d reject 550 5.1.1.1 x", "5.1.1.1", "a status is like "
		  "5.7.1, and of the class of the code" },
		{ "a@d reject 550 5.1.1000 x", "5.1.1000", "a status is like "
		  "5.7.1, and of the class of the code" },
		{ "a@d reject 550 5.1.1", "5.1.1", "a text is missing" },
		{ "a@d reject 550 5.1.1 \"\"", "", "a text says something" },
		{ "a@d reject 550 5.1.1 \"\xc3\xa4\"", "\xc3\xa4",
		  "a text is printable ASCII" },
		{ "a@d reject 550 5.1.1 a b", "b", "nothing may follow here" },
		{ "a@d discard x", "x", "nothing may follow here" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error = { .line = 0 };
		struct route route;
		char wanted[200];

		if (parse(&route, slice_of(rows[i].text), &error))
			fail_msg("no mistake is seen in: %s", rows[i].text);
		route_free(&route);
		assert_int_equal(error.line, 1);
		snprintf(wanted, sizeof wanted, "\"%s\": %s", rows[i].word,
		    rows[i].why);
		assert_string_equal(error.why, wanted);
	}
}

static void
holds_the_limit_of_local_parts(void **state)
{
	size_t len;

	(void)state;
	for (len = ADDR_LOCAL_MAX; len <= ADDR_LOCAL_MAX + 1; len++) {
		struct parse_error error;
		struct route route;
		char text[128];
		bool good;

		memset(text, 'x', len);
		strcpy(text + len, "@d maildir y");
		good = parse(&route, slice_of(text), &error);
		route_free(&route);
		assert_int_equal(good, len == ADDR_LOCAL_MAX);
	}
}

/* mailbox - what a peer could send, also what addr_parse would not let by */
static struct addr
mailbox(struct slice local, char const *domain)
{
	struct addr a;

	memcpy(a.local, local.s, local.len);
	a.local_len = (unsigned short)local.len;
	memcpy(a.domain, domain, strlen(domain));
	a.domain_len = (unsigned short)strlen(domain);
	return a;
}

static bool
expand(char const *argument, struct slice local, char const *domain,
    char *out)
{
	char text[RULEFILE_WORD_MAX + 32];
	struct addr a = mailbox(local, domain);
	struct routes_match found;
	struct parse_error error;
	struct routes routes;
	bool good;

	snprintf(text, sizeof text, "* maildir \"%s\"", argument);
	assert_true(routes_parse(&routes, slice_of(text), &error));
	assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
	    ROUTES_LINE);
	good = route_expand(&found, found.route->act->word[0], out);
	routes_free(&routes);
	return good;
}

static void
expands(void **state)
{
	static struct {
		char const *argument, *local, *wanted;
	} const rows[] = {
		{ "box/", "a", "box/" },
		{ "${local}/", "Bob", "bob/" },
		{ "${local}/", "Bob+Lists+c", "bob/" },
		{ "${local}/${ext}", "Bob+Lists+c", "bob/lists+c" },
		{ "${domain}/${local}", "bob", "d.example/bob" },
		{ "${local}${local}x", "b", "bbx" },
		{ ".${local}", "bob", ".bob" },
		{ "${local}", "a..b", "a..b" },
		{ "${local}", "a b", "a b" },
		{ "${local}", "$", "$" },
		{ "${local}", "${local}", "${local}" },
		{ "${local}", "andr\u00e9", "andr\u00e9" },
		{ "${local}", "bob.lock.x", "bob.lock.x" },
		{ "${local}", "lock", "lock" },
		/* not used, so it need not be safe */
		{ "box", "../x", "box" },
		{ "box", "bob.lock", "box" },
		{ "${local}", "bob+../x", "bob" }
	};
	char out[ROUTE_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(expand(rows[i].argument, slice_of(rows[i].local),
		    "d.example", out));
		assert_string_equal(out, rows[i].wanted);
	}
}

static void
refuses_unsafe_names(void **state)
{
	static struct {
		char const *argument;
		struct slice local;
		char const *domain;
	} const rows[] = {
		{ "${local}", SLICE(""), "d" },
		{ "${local}", SLICE("+x"), "d" },
		{ "${local}", SLICE("."), "d" },
		{ "${local}", SLICE(".."), "d" },
		{ "${local}", SLICE(".a"), "d" },
		{ "${local}", SLICE("a/b"), "d" },
		{ "${local}", SLICE("/"), "d" },
		{ "${local}", SLICE("../x"), "d" },
		{ "${local}", SLICE("a\nb"), "d" },
		{ "${local}", SLICE("a\0b"), "d" },
		{ "${local}", SLICE("a\x7f"), "d" },
		{ "${local}", SLICE("bob.lock"), "d" },
		{ "${local}", SLICE("Bob.LOCK"), "d" },	/* in lower case */
		{ "${local}", SLICE(".lock"), "d" },
		{ "${local}", SLICE("andre\u0301"), "d" },
		{ "x/.${local}", SLICE("."), "d" },
		{ "x/${local}/${ext}", SLICE("a"), "d" },
		{ "x/${ext}", SLICE("a+"), "d" },
		{ "x/${ext}", SLICE("a+.."), "d" },
		{ "x/${ext}", SLICE("a+b/c"), "d" },
		{ "${domain}", SLICE("a"), "" },
		{ "${domain}", SLICE("a"), ".." },
		{ "${domain}", SLICE("a"), "d/e" }
	};
	char out[ROUTE_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_false(expand(rows[i].argument, rows[i].local,
		    rows[i].domain, out));
}

static void
holds_the_limit_of_paths(void **state)
{
	char argument[RULEFILE_WORD_MAX + 1], out[ROUTE_PATH_MAX];
	size_t len = ROUTE_PATH_MAX - 1 - ADDR_LOCAL_MAX;
	struct slice local;

	(void)state;
	memset(argument, 'x', len);
	strcpy(argument + len, "${local}");
	local = slice_from(argument, ADDR_LOCAL_MAX);
	assert_true(expand(argument, local, "d", out));
	assert_int_equal(strlen(out), ROUTE_PATH_MAX - 1);
	strcpy(argument + len, "x${local}");
	assert_false(expand(argument, local, "d", out));
	strcpy(argument + len, "${local}x");
	assert_false(expand(argument, local, "d", out));
}

static void
splits_mailboxes(void **state)
{
	struct addr a = mailbox(SLICE("A+B+c"), "d");
	struct route_mailbox m;

	(void)state;
	route_mailbox(&m, &a);
	assert_true(slice_is(m.local, "a+b+c"));
	assert_true(slice_is(m.base, "a"));
	assert_true(slice_is(m.ext, "b+c"));
	assert_true(slice_is(m.domain, "d"));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(reads_actions),
		cmocka_unit_test(knows_left_sides),
		cmocka_unit_test(says_the_column),
		cmocka_unit_test(holds_the_limit_of_texts),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(holds_the_limit_of_local_parts),
		cmocka_unit_test(expands),
		cmocka_unit_test(refuses_unsafe_names),
		cmocka_unit_test(holds_the_limit_of_paths),
		cmocka_unit_test(splits_mailboxes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
