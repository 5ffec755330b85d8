/* SPDX-License-Identifier: ISC */
/* The option rows and their defaults; opens nothing. */
#include "common/submit.h"
#include "smtpd/settings.h"

static bool
take_bind(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return places_bind(&s->places, argument, why);
}

static bool
take_tls_bind(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return places_tls_bind(&s->places, argument, why);
}

static bool
add_file(char const **file, size_t *n, char const *argument, char const **why)
{
	*why = "given too often";
	if (*n == TLS_PAIRS_MAX) return false;
	*why = "must not be empty";
	if (!*argument) return false;
	file[(*n)++] = argument;
	return true;
}

static bool
take_certificate(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return add_file(s->certificate, &s->certificates, argument, why);
}

static bool
take_key(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return add_file(s->key, &s->keys, argument, why);
}

static bool
take_tls(void *options, char const *argument, char const **why)
{
	static char const *const words[] = { [SETTINGS_TLS_OFFER] = "offer",
		[SETTINGS_TLS_NONE] = "none",
		[SETTINGS_TLS_REQUIRE] = "require",
		[SETTINGS_TLS_DONE] = "done" };
	struct settings *s = options;
	size_t i;

	*why = "takes none, offer, require or done";
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_is(slice_of(argument), words[i])) {
			s->tls = (enum settings_tls)i;
			return true;
		}
	return false;
}

static bool
take_port(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return places_port(&s->places, argument, why);
}

static bool
take_listen_fd(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return places_fd(&s->places, argument, why);
}

static bool
take_proxy(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return trust_add(&s->proxies, slice_of(argument), why);
}

static bool
take_xclient(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	return trust_add(&s->xclients, slice_of(argument), why);
}

static bool
take_bare_lf(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct slice a = slice_of(argument);

	*why = "takes fix or refuse";
	s->fix_lf = slice_is(a, "fix");
	return s->fix_lf || slice_is(a, "refuse");
}

#define CALL(name, argument, take, help) \
	{ name, argument, OPTION_CALL, 0, 0, 0, take, 0, help }
#define TEXT(name, argument, member, help) \
	{ name, argument, OPTION_TEXT, offsetof(struct settings, member), 0, \
	  0, NULL, 0, help }
#define FLAG(name, member, help) \
	{ name, NULL, OPTION_FLAG, offsetof(struct settings, member), 0, 0, \
	  NULL, 0, help }
#define NUMBER(name, kind, member, max, help) \
	{ name, "N", kind, offsetof(struct settings, member), 1, max, NULL, 0, \
	  help }

enum {
	SECONDS_MAX = 1000000,
	GREET_WAIT_MAX = 120	/* clients wait five minutes: RFC 5321 section
				 * 4.5.3.2.1 */
};

struct option_row const settings_rows[] = {
	CALL("bind", "ADDR[:PORT]", take_bind,
	    "listen on this address; may be repeated"),
	CALL("port", "N", take_port,
	    "listen on this port where --bind has none (25); may be repeated"),
	CALL("tls-bind", "ADDR[:PORT]", take_tls_bind,
	    "listen here for TLS from the start (465); may be repeated"),
	CALL("tls-cert", "FILE", take_certificate,
	    "PEM certificates, ours first; may be repeated"),
	CALL("tls-key", "FILE", take_key,
	    "key of each --tls-cert (in the same file); may be repeated"),
	TEXT("key-user", "USER", key_user,
	    "as root: who holds the keys, and reads both (mailgrave-key)"),
	FLAG("tls-ask", tls_ask,
	    "ask clients for a certificate, and log it"),
	CALL("tls", "none|offer|require|done", take_tls,
	    "STARTTLS where there is a certificate (offer)"),
	TEXT("users", "FILE", users,
	    "NAME:HASH of those who may log in, under TLS"),
	TEXT("checkpassword", "PROG", checkpassword,
	    "ask this program, with its arguments, instead of --users"),
	TEXT("auth-socket", "PATH", auth_socket,
	    "ask Dovecot there, inside --chroot, instead of --users"),
	TEXT("auth-user", "USER", auth_user,
	    "as root: who checks passwords (mailgrave-auth)"),
	FLAG("submission", submission, "no mail without a login"),
	FLAG("hide-client", hide_client,
	    "leave out of mail from where who logged in has sent it"),
	FLAG("auth-clear", auth_clear,
	    "those on this machine may log in without TLS"),
	FLAG("hash", hash, "read a password, print a hash for --users, exit"),
	FLAG("scram", scram, "with --hash: one that serves SCRAM-SHA-256, too"),
	CALL("listen-fd", "N", take_listen_fd,
	    "clients connect to this inherited socket; may be repeated"),
	FLAG("lmtp", lmtp, "speak LMTP, one reply for each recipient"),
	FLAG("sink", outlet.sink,
	    "deliver by a mailgrave-local of our own, with no queue"),
	TEXT("maildir", "DIR", outlet.maildir,
	    "the same, all mail into this Maildir"),
	TEXT("command", "PROG", outlet.command,
	    "the same, all mail to this program; operands are its arguments"),
	TEXT("access", "FILE", access,
	    "what a client may do (/etc/mailgrave/access)"),
	TEXT("resolver", "ADDR[:PORT]", resolver,
	    "whom to ask about clients (those of /etc/resolv.conf)"),
	CALL("proxy", "NET,...", take_proxy,
	    "who puts a PROXY header before all; may be repeated"),
	CALL("xclient", "NET,...", take_xclient,
	    "who may speak for others by XCLIENT; may be repeated"),
	TEXT("log", "FILE", log, "append log lines to this file"),
	FLAG("transcript", transcript,
	    "log commands and replies, but no message text"),
	FLAG("explain", explain,
	    "say what client=ADDR helo=NAME sender=ADDR rcpt=ADDR would hear"),
	NUMBER("max-size", OPTION_SIZE, size_max, 1ULL << 40,
	    "octets of a message (50M)"),
	NUMBER("line-limit", OPTION_SIZE, line_max, 1ULL << 40,
	    "octets of a line of a message, without CRLF (1M)"),
	CALL("bare-lf", "fix|refuse", take_bare_lf,
	    "what to do with a bare LF in a message (refuse)"),
	NUMBER("max-rcpt", OPTION_NUMBER, rcpts_max, SUBMIT_RCPTS_MAX,
	    "recipients of a message (1000)"),
	NUMBER("max-mails", OPTION_NUMBER, mails_max, 1000000000,
	    "messages in a session (3000)"),
	NUMBER("max-sessions", OPTION_NUMBER, sessions_max, 1000000,
	    "sessions at a time (5000)"),
	NUMBER("max-handshakes", OPTION_NUMBER, handshakes_max, 1000000,
	    "TLS handshakes at a time (200)"),
	NUMBER("max-per-address", OPTION_NUMBER, address_max, 1000000,
	    "sessions at a time from one address or IPv6 /64 (100)"),
	NUMBER("max-commands", OPTION_NUMBER, commands_max, 1000000000,
	    "commands in a session (10000)"),
	NUMBER("max-unknown", OPTION_NUMBER, unknown_max, 1000000000,
	    "unknown commands in a session (50)"),
	NUMBER("max-errors", OPTION_NUMBER, errors_max, 1000000000,
	    "replies 5xx in a session (50)"),
	NUMBER("max-failures", OPTION_NUMBER, failures_max, 1000000000,
	    "wrong passwords from one address or IPv6 /64 (10)"),
	NUMBER("transactions", OPTION_NUMBER, streams_max, 10000,
	    "messages over 64K that come in at a time (100)"),
	NUMBER("transactions-per-address", OPTION_NUMBER, streams_address_max,
	    10000, "of those, from one address or IPv6 /64 (half of them)"),
	NUMBER("command-time", OPTION_NUMBER, command_s, SECONDS_MAX,
	    "seconds to wait for a command (300)"),
	NUMBER("text-time", OPTION_NUMBER, text_s, SECONDS_MAX,
	    "seconds to wait for more of a message (180)"),
	NUMBER("transaction-time", OPTION_NUMBER, transaction_s, SECONDS_MAX,
	    "seconds from MAIL to the end of the message (3600)"),
	NUMBER("session-time", OPTION_NUMBER, session_s, SECONDS_MAX,
	    "seconds of a session (43200)"),
	NUMBER("handshake-time", OPTION_NUMBER, handshake_s, SECONDS_MAX,
	    "seconds of a TLS handshake (30)"),
	{ "greet-wait", "N", OPTION_NUMBER, offsetof(struct settings, greet_s),
	  0, GREET_WAIT_MAX, NULL, 0,
	  "seconds before the greeting in which a client must not talk (0)" },
};

size_t const settings_rows_n = sizeof settings_rows / sizeof *settings_rows;

void
settings_default(struct settings *s)
{
	*s = (struct settings){ .access = "/etc/mailgrave/access",
		.key_user = "mailgrave-key",
		.size_max = 50 << 20,
		.line_max = 1 << 20, .rcpts_max = 1000, .mails_max = 3000,
		.sessions_max = 5000, .address_max = 100,
		.commands_max = 10000, .unknown_max = 50, .errors_max = 50,
		.streams_max = 100, .handshakes_max = 200,
		.failures_max = 10, .auth_user = "mailgrave-auth",
		.command_s = 5 * 60, .text_s = 3 * 60,
		.transaction_s = 3600, .session_s = 12 * 3600,
		.handshake_s = 30 };
	places_init(&s->places);
}

/* Somebody else does it, or has done it. */
static bool
has_tls(struct settings const *s)
{
	return s->certificates || s->tls == SETTINGS_TLS_DONE ||
	    s->tls_before || s->places.ucspi_fd[0] != -1;
}

bool
settings_has_logins(struct settings const *s)
{
	return s->users || s->checkpassword || s->auth_socket;
}

char const *
settings_wrong(struct settings const *s)
{
	/* RFC 2033 section 5: a client there would take us for one who speaks
	 * SMTP */
	if (s->lmtp && places_have_25(&s->places))
		return "--lmtp and port 25 exclude each other";
	if (s->keys && s->keys != s->certificates)
		return "--tls-key is wanted for each --tls-cert, or none";
	if (!s->certificates && s->places.tls_binds)
		return "--tls-bind needs --tls-cert";
	if (s->certificates && s->tls == SETTINGS_TLS_DONE)
		return "--tls=done goes without --tls-cert";
	if (!has_tls(s) && s->tls == SETTINGS_TLS_REQUIRE)
		return "--tls=require needs --tls-cert";
	if (!!s->users + !!s->checkpassword + !!s->auth_socket > 1)
		return "--users, --checkpassword and --auth-socket exclude "
		       "each other";
	if (s->submission && !settings_has_logins(s))
		return "--submission needs --users, --checkpassword or "
		       "--auth-socket";
	if (settings_has_logins(s) && !has_tls(s) && !s->auth_clear)
		return "logins need --tls-cert, or --auth-clear";
	if (s->scram && !s->hash) return "--scram needs --hash";
	return NULL;
}
