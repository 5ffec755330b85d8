/* SPDX-License-Identifier: ISC */
/* Dialogues with hosts, good and hostile ones: each is played whole, octet by
 * octet and cut at every offset, and must come out the same. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "remote/client.h"

enum { TURNS = 16, RECORD = 65536 };

struct turn {
	char const *server;	/* NULL: the connection is lost */
	char const *client;	/* what we say to that */
};

struct script {
	char const *name;
	char const *message;	/* NULL: "Subject: x\r\n\r\nhi\r\n" */
	char const *rcpt[4];	/* none: b@y.example */
	struct turn turn[TURNS];
	char const *results;	/* "RCPT VERDICT STATUS WORDS\n"... */
	char const *sender;	/* NULL: a@x.example */
	bool eightbit, utf8, lmtp, keep;
	enum client_tls tls;
	struct login const *login;
	bool clear_login;
	struct client_dsn const *dsn;
	char const *envid;
	uint8_t ret;
};

/* instead of what the server says: what our side does at that point */
static char const handshake[] = "handshake", again[] = "again",
    quit[] = "quit";

/* HMAC-MD5 in general is common/tls.c's; here it marks what it was given */
static bool
hmac(unsigned char digest[LOGIN_DIGEST], struct slice key, struct slice text)
{
	size_t i;

	for (i = 0; i < LOGIN_DIGEST; i++)
		digest[i] = (unsigned char)(key.len + text.len);
	return true;
}

static struct login const login = { .name = "u", .secret = "pw",
	.hmac = hmac };
static struct login const longer = { .name = "u", .secret = "secret",
	.hmac = hmac };
static struct login const token = { .name = "u", .secret = "tok",
	.token = true };
static struct client_dsn const asked[] = {
	{ .notify = NOTIFY_SUCCESS | NOTIFY_DELAY,
	  .orcpt = { "rfc822;b@y.example", 18 } },
	{ .notify = NOTIFY_NEVER, .orcpt = { "rfc822;c d@y", 12 } },
};

#define GREETED { "220 mx ESMTP\r\n", "EHLO me.example\r\n" }
#define PLAIN { "250 mx\r\n", "MAIL FROM:<a@x.example>\r\n" }
#define MAILED { "250 ok\r\n", "RCPT TO:<b@y.example>\r\n" }
#define RCPTED { "250 ok\r\n", "DATA\r\n" }
#define TEXT "Subject: x\r\n\r\nhi\r\n"
#define SENT { "354 go\r\n", TEXT ".\r\n" }
#define BYE { "221 bye\r\n", "" }
#define CHUNKS { "250-mx\r\n250 CHUNKING\r\n", "MAIL FROM:<a@x.example>\r\n" }
#define ALL "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n" \
	"BDAT 18 LAST\r\n" TEXT
#define AHEAD { "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n", ALL }
#define PIPED { "250-mx\r\n250 PIPELINING\r\n", \
	"MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n" }

static struct script const scripts[] = {
	{ .name = "one recipient, plain",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "250 2.6.0 taken as 17\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.6.0 250 2.6.0 taken as 17\n" },
	{ .name = "replies of the bare code, and a dialogue without text",
	  .turn = { { "220\r\n", "EHLO me.example\r\n" },
		    { "250\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { "250\r\n", "RCPT TO:<b@y.example>\r\n" },
		    { "250\r\n", "DATA\r\n" },
		    { "354\r\n", TEXT ".\r\n" },
		    { "250\r\n", "QUIT\r\n" }, { "221\r\n", "" } },
	  .results = "0 ok 2.0.0 250\n" },
	{ .name = "multi-line replies everywhere",
	  .turn = { { "220-mx\r\n220-welcomes\r\n220 you\r\n",
		      "EHLO me.example\r\n" },
		    { "250-mx\r\n250-X-THING 1\r\n250 HELP\r\n",
		      "MAIL FROM:<a@x.example>\r\n" },
		    { "250-2.1.0 fine\r\n250 2.1.0 go on\r\n",
		      "RCPT TO:<b@y.example>\r\n" },
		    RCPTED, SENT,
		    { "250-2.0.0 it\r\n250-2.0.0 is\r\n250 2.0.0 in\r\n",
		      "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 2.0.0 it is in\n" },
	{ .name = "offers: SIZE and 8BITMIME, in any case",
	  .eightbit = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250-size 1000\r\n250 8bitMIME\r\n",
		      "MAIL FROM:<a@x.example> SIZE=18 BODY=8BITMIME\r\n" },
		    MAILED, RCPTED, SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "8BITMIME is not used for 7-bit mail",
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL (host)\n" },
	{ .name = "the host's own name is no offer",
	  .turn = { GREETED,
		    { "250-PIPELINING\r\n250 SIZE 18\r\n",
		      "MAIL FROM:<a@x.example> SIZE=18\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL (host)\n" },
	{ .name = "offers in a refusal are none",
	  .turn = { GREETED,
		    { "502-mx\r\n502 PIPELINING\r\n", "HELO me.example\r\n" },
		    PLAIN, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL (host)\n" },
	{ .name = "a SIZE that is no number says nothing",
	  .turn = { GREETED,
		    { "250-mx\r\n250 SIZE 1x\r\n",
		      "MAIL FROM:<a@x.example> SIZE=18\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL (host)\n" },
	{ .name = "SIZE 0 is no limit",
	  .turn = { GREETED,
		    { "250-mx\r\n250 SIZE 0\r\n",
		      "MAIL FROM:<a@x.example> SIZE=18\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL (host)\n" },
	{ .name = "one octet more than they take",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250 SIZE 17\r\n", "QUIT\r\n" }, BYE },
	  .results =
	      "0 perm 5.3.4 18 octets are more than the 17 they take\n"
	      "1 perm 5.3.4 18 octets are more than the 17 they take\n" },
	{ .name = "no EHLO there",
	  .turn = { GREETED, { "500 what?\r\n", "HELO me.example\r\n" },
		    PLAIN, MAILED, RCPTED, SENT,
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "EHLO and HELO refused: that is about them",
	  .turn = { GREETED, { "550 no\r\n", "HELO me.example\r\n" },
		    { "550 5.7.1 no\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.1 550 5.7.1 no (host)\n" },
	{ .name = "EHLO put off",
	  .turn = { GREETED, { "450 4.3.2 later\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.3.2 450 4.3.2 later (host)\n" },
	{ .name = "no service for us",
	  .turn = { { "554 5.7.1 we know you\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.1 554 5.7.1 we know you (host)\n" },
	{ .name = "all that a sender asks for, passed on",
	  .rcpt = { "b@y.example", "c@y.example" }, .utf8 = true,
	  .dsn = asked, .envid = "QQ+3D", .ret = RET_HDRS,
	  .turn = { GREETED,
		    { "250-mx\r\n250-DSN\r\n250-SMTPUTF8\r\n"
		      "250-PIPELINING\r\n250 8BITMIME\r\n",
		      "MAIL FROM:<a@x.example> BODY=8BITMIME SMTPUTF8 "
		      "RET=HDRS ENVID=QQ+3D\r\n"
		      "RCPT TO:<b@y.example> NOTIFY=SUCCESS,DELAY "
		      "ORCPT=rfc822;b@y.example\r\n"
		      "RCPT TO:<c@y.example> NOTIFY=NEVER\r\nDATA\r\n" },
		    { "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
		      TEXT ".\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok (dsn)\n1 ok 2.0.0 250 ok (dsn)\n" },
	{ .name = "and to a host without DSN, nothing of it",
	  .dsn = asked, .envid = "QQ+3D", .ret = RET_HDRS,
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "an ENVID that is none is left out",
	  .envid = "x SIZE=1\r\nRSET",
	  .turn = { GREETED,
		    { "250-mx\r\n250 DSN\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "8-bit text for a host that has 7",
	  .message = "A: b\r\n\r\n\344\r\n",
	  .turn = { GREETED, { "250 mx\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.6.3 it is 8-bit text, and they don't offer "
		     "8BITMIME\n" },
	{ .name = "8-bit text for one that has 8, undeclared",
	  .message = "A: b\r\n\r\n\344\r\n",
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n",
		      "MAIL FROM:<a@x.example>\r\n" },
		    MAILED, RCPTED,
		    { "354 go\r\n", "A: b\r\n\r\n\344\r\n.\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "a header in UTF-8 for a host without SMTPUTF8",
	  .message = "A: \303\244\r\n\r\nb\r\n", .utf8 = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.6.7 the header needs SMTPUTF8, which they "
		     "don't offer\n" },
	{ .name = "a header in ASCII can do without it",
	  .message = "A: b\r\n\r\n\303\244\r\n", .utf8 = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n",
		      "MAIL FROM:<a@x.example>\r\n" },
		    MAILED, RCPTED,
		    { "354 go\r\n",
		      "A: b\r\n\r\n\303\244\r\n.\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "addresses that they can't read are left out",
	  .rcpt = { "b@y.example", "\303\244@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED, RCPTED, SENT,
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 perm 5.6.7 the address needs SMTPUTF8, which they "
		     "don't offer\n0 ok 2.0.0 250 ok\n" },
	{ .name = "a sender that they can't read",
	  .sender = "\303\244@x.example",
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.6.7 the sender needs SMTPUTF8, which they don't "
		     "offer\n" },
	{ .name = "an address in UTF-8, declared by us",
	  .rcpt = { "\303\244@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
		      "MAIL FROM:<a@x.example> BODY=8BITMIME SMTPUTF8\r\n" },
		    { "250 ok\r\n", "RCPT TO:<\303\244@y.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to RCPT\n" },
	{ .name = "an empty header is one too",
	  .message = "\r\n\303\244\r\n", .utf8 = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 8BITMIME\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },

	/* LIMITS */
	{ .name = "two recipients at a time, and three to tell",
	  .rcpt = { "b@y.example", "c@y.example", "d@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250-LIMITS RCPTMAX=2 X=y\r\n"
		      "250 PIPELINING\r\n",
		      "MAIL FROM:<a@x.example>\r\n"
		      "RCPT TO:<b@y.example>\r\n"
		      "RCPT TO:<c@y.example>\r\nDATA\r\n" },
		    { "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
		      TEXT ".\r\n" },
		    { "250 one\r\n", "MAIL FROM:<a@x.example>\r\n"
		      "RCPT TO:<d@y.example>\r\nDATA\r\n" },
		    { "250 ok\r\n250 ok\r\n354 go\r\n", TEXT ".\r\n" },
		    { "250 two\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 one\n1 ok 2.0.0 250 one\n"
		     "2 ok 2.0.0 250 two\n" },
	{ .name = "the first lot refused: RSET before the second",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250 LIMITS RCPTMAX=1\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED,
		    { "550 no\r\n", "RSET\r\n" },
		    { "250 ok\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { "250 ok\r\n", "RCPT TO:<c@y.example>\r\n" }, RCPTED,
		    SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 no\n1 ok 2.0.0 250 ok\n" },
	{ .name = "one transaction a connection",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250 LIMITS RCPTMAX=1 MAILMAX=1\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED, RCPTED,
		    SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n1 temp 4.5.3 they take no more on "
		     "this connection (again)\n" },

	/* STARTTLS */
	{ .name = "TLS where it may be",
	  .tls = CLIENT_TLS_MAY,
	  .turn = { GREETED,
		    { "250-mx\r\n250-PIPELINING\r\n250-SIZE\r\n"
		      "250 STARTTLS\r\n", "STARTTLS\r\n" },
		    { "220 go\r\n", "" },
		    /* what was offered in the clear is forgotten */
		    { handshake, "EHLO me.example\r\n" }, PLAIN, MAILED,
		    RCPTED, SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "not offered, where it may be",
	  .tls = CLIENT_TLS_MAY,
	  .turn = { GREETED, PLAIN, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "refused, where it may be",
	  .tls = CLIENT_TLS_MAY,
	  .turn = { GREETED,
		    { "250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n" },
		    { "454 4.7.0 no\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "not offered, where it must be",
	  .tls = CLIENT_TLS_MUST,
	  .turn = { GREETED, { "250 mx\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.0 TLS is demanded here and not offered there "
		     "(host)\n" },
	{ .name = "not even EHLO, where it must be",
	  .tls = CLIENT_TLS_MUST,
	  .turn = { GREETED, { "500 what?\r\n", "HELO me.example\r\n" },
		    { "250 mx\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.0 TLS is demanded here and not offered there "
		     "(host)\n" },
	{ .name = "refused, where it must be",
	  .tls = CLIENT_TLS_MUST,
	  .turn = { GREETED,
		    { "250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n" },
		    { "554 5.7.0 no\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.0 554 5.7.0 no (host)\n" },
	{ .name = "offered and not wanted",
	  .turn = { GREETED,
		    { "250-mx\r\n250 STARTTLS\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "words ahead of the handshake",
	  .tls = CLIENT_TLS_MAY,
	  .turn = { GREETED,
		    { "250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n" },
		    { "220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: words in the TLS handshake "
		     "(host)\n" },

	/* AUTH */
	{ .name = "the secret is repeated, which nobody needs to read",
	  .login = &longer, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH PLAIN\r\n",
		      "AUTH PLAIN AHUAc2VjcmV0\r\n" },
		    { "535 5.7.8 no secret, c2VjcmV0 AHUAc2VjcmV0secret\r\n",
		      "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.8 535 5.7.8 no ******, ******** "
		     "****************** (host)\n" },
	{ .name = "PLAIN", .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH LOGIN PLAIN X\r\n",
		      "AUTH PLAIN AHUAcHc=\r\n" },
		    { "235 in\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "LOGIN", .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH=LOGIN\r\n", "AUTH LOGIN\r\n" },
		    { "334 VXNlcm5hbWU6\r\n", "dQ==\r\n" },
		    { "334 UGFzc3dvcmQ6\r\n", "cHc=\r\n" },
		    { "235 in\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "CRAM-MD5, rather than the password in the clear",
	  .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH PLAIN CRAM-MD5\r\n",
		      "AUTH CRAM-MD5\r\n" },
		    { "334 YWI=\r\n", "dSAwNDA0MDQwNDA0MDQwNDA0MDQwNDA0MDQwNDA"
		      "0MDQwNA==\r\n" },
		    { "235 in\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "a challenge that is none",
	  .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH CRAM-MD5\r\n",
		      "AUTH CRAM-MD5\r\n" },
		    { "334 ab!=\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a challenge too many in reply to "
		     "AUTH (host)\n" },
	{ .name = "XOAUTH2, refused with a reason",
	  .login = &token, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH PLAIN XOAUTH2\r\n",
		      "AUTH XOAUTH2 dXNlcj11AWF1dGg9QmVhcmVyIHRvawEB\r\n" },
		    { "334 eyJzdGF0dXMi\r\n", "\r\n" },
		    { "535 5.7.8 expired\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.8 535 5.7.8 expired (host)\n" },
	{ .name = "the wrong password is no fault of the mail",
	  .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH PLAIN\r\n",
		      "AUTH PLAIN AHUAcHc=\r\n" },
		    { "535 5.7.8 no\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.8 535 5.7.8 no (host)\n" },
	{ .name = "one challenge after the other",
	  .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH PLAIN\r\n",
		      "AUTH PLAIN AHUAcHc=\r\n" },
		    { "334 \r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a challenge too many in reply to "
		     "AUTH (host)\n" },
	{ .name = "no password in the clear",
	  .login = &login, .tls = CLIENT_TLS_MAY,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH PLAIN\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.0 no password is said to them, for the "
		     "connection is not encrypted (host)\n" },
	{ .name = "over TLS",
	  .login = &login, .tls = CLIENT_TLS_MAY,
	  .turn = { GREETED,
		    { "250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n" },
		    { "220 go\r\n", "" },
		    { handshake, "EHLO me.example\r\n" },
		    { "250-mx\r\n250 AUTH CRAM-MD5 PLAIN\r\n",
		      "AUTH PLAIN AHUAcHc=\r\n" },
		    { "235 in\r\n", "MAIL FROM:<a@x.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to MAIL "
		     "(host)\n" },
	{ .name = "no mechanism of ours",
	  .login = &login, .clear_login = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 AUTH GSSAPI XOAUTH2\r\n",
		      "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.7.0 they offer no way to log in that we know "
		     "(host)\n" },
	{ .name = "a challenge where there is no login",
	  .turn = { GREETED, PLAIN, { "334 YQ==\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unexpected 334 in reply to "
		     "MAIL\n" },

	/* LMTP */
	{ .name = "a reply for each recipient",
	  .lmtp = true, .rcpt = { "b@y.example", "c@y.example",
		    "d@y.example" },
	  .turn = { { "220 mx LMTP\r\n", "LHLO me.example\r\n" },
		    { "250-mx\r\n250 PIPELINING\r\n",
		      "MAIL FROM:<a@x.example>\r\n"
		      "RCPT TO:<b@y.example>\r\nRCPT TO:<c@y.example>\r\n"
		      "RCPT TO:<d@y.example>\r\nDATA\r\n" },
		    { "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n250 ok\r\n"
		      "354 go\r\n", TEXT ".\r\n" },
		    { "250 2.1.5 b has it\r\n", "" },
		    { "452 4.2.2 full\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 perm 5.1.1 550 5.1.1 no\n"
		     "0 ok 2.1.5 250 2.1.5 b has it\n"
		     "2 temp 4.2.2 452 4.2.2 full\n" },
	{ .name = "LMTP has no HELO",
	  .lmtp = true,
	  .turn = { { "220 mx\r\n", "LHLO me.example\r\n" },
		    { "500 what?\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.0.0 500 what? (host)\n" },
	{ .name = "lost between two replies",
	  .lmtp = true, .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { { "220 mx\r\n", "LHLO me.example\r\n" }, PLAIN, MAILED,
		    { "250 ok\r\n", "RCPT TO:<c@y.example>\r\n" }, RCPTED,
		    SENT, { "250 ok\r\n", "" }, { NULL, "" } },
	  .results = "0 ok 2.0.0 250 ok\n1 temp 4.4.2 connection closed after "
		     "the whole message: they may have it\n" },
	{ .name = "nobody left, and DATA granted",
	  .lmtp = true,
	  .turn = { { "220 mx\r\n", "LHLO me.example\r\n" }, PIPED,
		    { "250 ok\r\n550 no\r\n354 go\r\n", "" } },
	  .results = "0 perm 5.0.0 550 no\n" },

	/* another message over the same connection */
	{ .name = "kept", .keep = true,
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT, { "250 1\r\n", "" },
		    { again, "MAIL FROM:<a@x.example>\r\n" }, MAILED, RCPTED,
		    SENT, { "250 2\r\n", "" }, { quit, "QUIT\r\n" },
		    BYE },
	  .results = "0 ok 2.0.0 250 1\n0 ok 2.0.0 250 2\n" },
	{ .name = "kept after a refusal: RSET", .keep = true,
	  .turn = { GREETED, PLAIN, MAILED, { "550 no\r\n", "RSET\r\n" },
		    { "250 ok\r\n", "" },
		    { again, "MAIL FROM:<a@x.example>\r\n" }, MAILED, RCPTED,
		    SENT, { "250 2\r\n", "" }, { quit, "QUIT\r\n" },
		    BYE },
	  .results = "0 perm 5.0.0 550 no\n0 ok 2.0.0 250 2\n" },
	{ .name = "kept, and they have gone meanwhile", .keep = true,
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT, { "250 1\r\n", "" },
		    { again, "MAIL FROM:<a@x.example>\r\n" },
		    { "421 idle too long\r\n", "" } },
	  .results = "0 ok 2.0.0 250 1\n"
		     "0 temp 4.0.0 421 idle too long (host)\n" },
	{ .name = "kept, and they say goodbye", .keep = true,
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT, { "250 1\r\n", "" },
		    { "421 idle too long\r\n", "" } },
	  .results = "0 ok 2.0.0 250 1\n" },
	{ .name = "as many messages as they take", .keep = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 LIMITS MAILMAX=1\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED, RCPTED, SENT,
		    { "250 1\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 1\n" },
	{ .name = "null sender",
	  .sender = "",
	  .turn = { GREETED, { "250 mx\r\n", "MAIL FROM:<>\r\n" },
		    MAILED, RCPTED, SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "sender refused, one by one",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED, PLAIN,
		    { "553 5.1.8 who?\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.1.8 553 5.1.8 who?\n"
		     "1 perm 5.1.8 553 5.1.8 who?\n" },
	{ .name = "recipients of all kinds, one by one",
	  .rcpt = { "b@y.example", "c@y.example", "d@y.example",
		    "e@y.example" },
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 5.1.1 unknown\r\n", "RCPT TO:<c@y.example>\r\n" },
		    { "250 ok\r\n", "RCPT TO:<d@y.example>\r\n" },
		    { "451 4.2.1 busy\r\n", "RCPT TO:<e@y.example>\r\n" },
		    { "251 will forward\r\n", "DATA\r\n" }, SENT,
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.1.1 550 5.1.1 unknown\n"
		     "2 temp 4.2.1 451 4.2.1 busy\n"
		     "1 ok 2.0.0 250 ok\n3 ok 2.0.0 250 ok\n" },
	{ .name = "all recipients refused: no DATA",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 no\r\n", "RCPT TO:<c@y.example>\r\n" },
		    { "452 no\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 no\n1 temp 4.0.0 452 no\n" },
	{ .name = "in one go",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250-PIPELINING\r\n250 SIZE\r\n",
		      "MAIL FROM:<a@x.example> SIZE=18\r\n"
		      "RCPT TO:<b@y.example>\r\n"
		      "RCPT TO:<c@y.example>\r\nDATA\r\n" },
		    { "250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n",
		      TEXT ".\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 perm 5.1.1 550 5.1.1 no\n0 ok 2.0.0 250 ok\n" },
	{ .name = "in one go, all refused, DATA too",
	  .turn = { GREETED, PIPED,
		    { "250 ok\r\n550 no\r\n554 no valid recipients\r\n",
		      "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 no\n" },
	{ .name = "in one go, all refused, DATA granted: the dot alone",
	  .turn = { GREETED, PIPED,
		    { "250 ok\r\n550 no\r\n354 go\r\n", ".\r\n" },
		    { "554 nothing to do\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 no\n" },
	{ .name = "in one go, sender refused",
	  .turn = { GREETED, PIPED,
		    { "550 5.7.1 no\r\n503 MAIL first\r\n503 MAIL first\r\n",
		      "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.7.1 550 5.7.1 no\n" },
	{ .name = "in one go, sender refused, the rest granted",
	  .turn = { GREETED, PIPED,
		    { "550 5.7.1 no\r\n250 ok\r\n354 go\r\n", ".\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.7.1 550 5.7.1 no\n" },
	{ .name = "DATA refused",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED,
		    { "451 4.3.0 disk\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.3.0 451 4.3.0 disk\n" },
	{ .name = "message refused",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED, PLAIN, MAILED,
		    { "250 ok\r\n", "RCPT TO:<c@y.example>\r\n" }, RCPTED,
		    SENT, { "554 5.6.0 spam\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.6.0 554 5.6.0 spam\n"
		     "1 perm 5.6.0 554 5.6.0 spam\n" },
	{ .name = "dots",
	  .message = ".\r\n..\r\n.a\r\na.\r\n.\r\n",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED,
		    { "354 go\r\n",
		      "..\r\n...\r\n..a\r\na.\r\n..\r\n.\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "empty message",
	  .message = "",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED,
		    { "354 go\r\n", ".\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "message without a last line end",
	  .message = "a",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED,
		    { "354 go\r\n", "a\r\n.\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "bare LF in the message",
	  .message = "a\nb\r\n",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, { "354 go\r\n", NULL } },
	  .results = "0 perm 5.6.0 the message holds a bare CR or LF\n" },
	{ .name = "bare CR in the message",
	  .message = "a\rb\r\n",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, { "354 go\r\n", NULL } },
	  .results = "0 perm 5.6.0 the message holds a bare CR or LF\n" },
	{ .name = "a CR ends the message",
	  .message = "a\r",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, { "354 go\r\n", NULL } },
	  .results = "0 perm 5.6.0 the message holds a bare CR or LF\n" },
	{ .name = "recipients that are no address are never named",
	  .rcpt = { "b@y.example", "x> SIZE=1\r\nDATA\r\n", "c@y.example",
		    "" },
	  .turn = { GREETED, PLAIN, MAILED,
		    { "250 ok\r\n", "RCPT TO:<c@y.example>\r\n" }, RCPTED,
		    SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 perm 5.1.3 no address\n3 perm 5.1.3 no address\n"
		     "0 ok 2.0.0 250 ok\n2 ok 2.0.0 250 ok\n" },
	{ .name = "the sender is no address",
	  .sender = "a@x\r\nDATA\r\n",
	  .turn = { { "", "" } },
	  .results = "0 perm 5.1.7 the sender is no address\n" },
	{ .name = "no recipient is an address",
	  .rcpt = { "x", "y" },
	  .turn = { { "", "" } },
	  .results = "0 perm 5.1.3 no address\n1 perm 5.1.3 no address\n" },
	{ .name = "status of another class is not believed",
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 2.1.5 fine\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 2.1.5 fine\n" },
	{ .name = "status of wrong form",
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 5.1.1234 no\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 5.1.1234 no\n" },
	{ .name = "the longest status",
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 5.123.456 no\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.123.456 550 5.123.456 no\n" },
	{ .name = "control octets in words",
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 a\tb\033[2Jc\x7f\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 a b?[2Jc?\n" },

	/* lost at every step */
	{ .name = "lost before the greeting", .turn = { { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed before the greeting (host)\n" },
	{ .name = "lost in EHLO", .turn = { GREETED, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to EHLO (host)\n" },
	{ .name = "lost in RCPT, one decided",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED, PLAIN, MAILED,
		    { "550 no\r\n", "RCPT TO:<c@y.example>\r\n" },
		    { NULL, "" } },
	  .results = "0 perm 5.0.0 550 no\n"
		     "1 temp 4.4.2 connection closed in reply to RCPT\n" },
	{ .name = "lost in DATA",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed in reply to DATA\n" },
	{ .name = "lost after the dot",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed after the whole "
		     "message: they may have it\n" },
	{ .name = "half a reply after the dot",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "250-ok\r\n", "" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed after the whole "
		     "message: they may have it\n" },
	{ .name = "lost in QUIT changes nothing",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "250 ok\r\n", "QUIT\r\n" }, { NULL, "" } },
	  .results = "0 ok 2.0.0 250 ok\n" },

	/* CHUNKING */
	{ .name = "BDAT and the message in one go",
	  .message = ".dot\r\n..\r\n",
	  .turn = { GREETED, CHUNKS, MAILED,
		    { "250 ok\r\n", "BDAT 10 LAST\r\n.dot\r\n..\r\n" },
		    { "250 2.0.0 in\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 2.0.0 in\n" },
	{ .name = "PIPELINING too: all in one go",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n",
		      "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n"
		      "RCPT TO:<c@y.example>\r\nBDAT 18 LAST\r\n" TEXT },
		    { "250 ok\r\n250 ok\r\n550 no\r\n", "" },
		    { "452 4.3.1 full\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 perm 5.0.0 550 no\n0 temp 4.3.1 452 4.3.1 full\n" },
	{ .name = "all of it refused, and the next message",
	  .keep = true,
	  .turn = { GREETED, AHEAD,
		    { "550 no\r\n503 what?\r\n503 what?\r\n", "RSET\r\n" },
		    { "250 ok\r\n", "" }, { again, ALL },
		    { "250 ok\r\n250 ok\r\n250 in\r\n", "" },
		    { again, ALL },
		    { "250 ok\r\n550 no\r\n554 no\r\n", "RSET\r\n" },
		    { "250 ok\r\n", "" }, { quit, "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.0.0 550 no\n0 ok 2.0.0 250 in\n"
		     "0 perm 5.0.0 550 no\n" },
	{ .name = "taken for nobody",
	  .keep = true,
	  .turn = { GREETED, AHEAD,
		    { "250 ok\r\n450 wait\r\n250 in\r\n", "" },
		    { quit, "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.0.0 450 wait\n" },
	{ .name = "they are closing",
	  .turn = { GREETED, AHEAD, { "421 bye\r\n", "" } },
	  .results = "0 temp 4.0.0 421 bye (host)\n" },
	{ .name = "they hang up on all of it",
	  .turn = { GREETED, AHEAD, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed after the whole message: "
		     "they may have it (host)\n" },
	{ .name = "they hang up when a part is answered",
	  .turn = { GREETED, AHEAD, { "250 ok\r\n", "" }, { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed after the whole message: "
		     "they may have it\n" },
	{ .name = "a reply too many",
	  .keep = true,
	  .turn = { GREETED, AHEAD,
		    { "250 ok\r\n250 ok\r\n250 in\r\n250 in\r\n", "" } },
	  .results = "0 ok 2.0.0 250 in\n" },
	{ .name = "a bare LF, and nothing is sent",
	  .message = "a\nb\r\n",
	  .turn = { GREETED,
		    { "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n", "" } },
	  .results = "0 perm 5.6.0 the message holds a bare CR or LF\n" },
	{ .name = "several transactions, each in one go",
	  .rcpt = { "b@y.example", "c@y.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250-PIPELINING\r\n250-LIMITS RCPTMAX=1\r\n"
		      "250 CHUNKING\r\n", ALL },
		    { "250 ok\r\n250 ok\r\n250 in\r\n",
		      "MAIL FROM:<a@x.example>\r\nRCPT TO:<c@y.example>\r\n"
		      "BDAT 18 LAST\r\n" TEXT },
		    { "250 ok\r\n250 ok\r\n250 in\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 in\n1 ok 2.0.0 250 in\n" },
	{ .name = "after BDAT was refused, RSET",
	  .keep = true,
	  .turn = { GREETED, CHUNKS, MAILED,
		    { "250 ok\r\n", "BDAT 18 LAST\r\n" TEXT },
		    { "452 4.3.1 full\r\n", "RSET\r\n" },
		    { "250 ok\r\n", "" }, { quit, "QUIT\r\n" }, BYE },
	  .results = "0 temp 4.3.1 452 4.3.1 full\n" },
	{ .name = "no recipient, no BDAT",
	  .turn = { GREETED, CHUNKS, MAILED, { "550 no\r\n", "QUIT\r\n" },
		    BYE },
	  .results = "0 perm 5.0.0 550 no\n" },
	{ .name = "BDAT is not known there after all",
	  .turn = { GREETED, CHUNKS, MAILED,
		    { "250 ok\r\n", "BDAT 18 LAST\r\n" TEXT },
		    { "502 5.5.1 what?\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 perm 5.5.1 502 5.5.1 what?\n" },
	{ .name = "lost behind BDAT",
	  .turn = { GREETED, CHUNKS, MAILED,
		    { "250 ok\r\n", "BDAT 18 LAST\r\n" TEXT },
		    { NULL, "" } },
	  .results = "0 temp 4.4.2 connection closed after the whole message: "
		     "they may have it\n" },
	{ .name = "LMTP has DATA",
	  .lmtp = true,
	  .turn = { { "220 mx\r\n", "LHLO me.example\r\n" }, CHUNKS, MAILED,
		    RCPTED, SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "an empty message has DATA",
	  .message = "",
	  .turn = { GREETED, CHUNKS, MAILED, RCPTED,
		    { "354 go\r\n", ".\r\n" },
		    { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "the next message on that connection",
	  .keep = true,
	  .turn = { GREETED, CHUNKS, MAILED,
		    { "250 ok\r\n", "BDAT 18 LAST\r\n" TEXT },
		    { "250 ok\r\n", "" },
		    { again, "MAIL FROM:<a@x.example>\r\n" }, MAILED,
		    { "250 ok\r\n", "BDAT 18 LAST\r\n" TEXT },
		    { "250 ok\r\n", "" }, { quit, "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n0 ok 2.0.0 250 ok\n" },

	/* LIMITS RCPTDOMAINMAX */
	{ .name = "recipients of as many domains as they take",
	  .rcpt = { "b@y.example", "c@z.example", "d@y.example" },
	  .keep = true,
	  .turn = { GREETED,
		    { "250-mx\r\n250 LIMITS RCPTDOMAINMAX=1\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED,
		    { "250 ok\r\n", "RCPT TO:<d@y.example>\r\n" }, RCPTED,
		    SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 temp 4.5.3 they take no more domains on this "
		     "connection (again)\n0 ok 2.0.0 250 ok\n2 ok 2.0.0 250 ok\n" },
	{ .name = "and one domain more",
	  .rcpt = { "b@y.example", "c@z.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250 LIMITS RCPTDOMAINMAX=2\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED,
		    { "250 ok\r\n", "RCPT TO:<c@z.example>\r\n" }, RCPTED,
		    SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n1 ok 2.0.0 250 ok\n" },

	{ .name = "a domain too many beside an address they can't read",
	  .rcpt = { "b@y.example", "\303\274@z.example", "d@z.example" },
	  .turn = { GREETED,
		    { "250-mx\r\n250 LIMITS RCPTDOMAINMAX=1\r\n",
		      "MAIL FROM:<a@x.example>\r\n" }, MAILED, RCPTED,
		    SENT, { "250 ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "1 perm 5.6.7 the address needs SMTPUTF8, which they "
		     "don't offer\n2 temp 4.5.3 they take no more domains on "
		     "this connection (again)\n0 ok 2.0.0 250 ok\n" },

	/* 421 anywhere */
	{ .name = "421 for a greeting",
	  .turn = { { "421 4.3.2 full\r\n", "" } },
	  .results = "0 temp 4.3.2 421 4.3.2 full (host)\n" },
	{ .name = "421 to EHLO", .turn = { GREETED, { "421 no\r\n", "" } },
	  .results = "0 temp 4.0.0 421 no (host)\n" },
	{ .name = "421 to RCPT, one accepted, one refused",
	  .rcpt = { "b@y.example", "c@y.example", "d@y.example" },
	  .turn = { GREETED, PLAIN, MAILED,
		    { "250 ok\r\n", "RCPT TO:<c@y.example>\r\n" },
		    { "550 no\r\n", "RCPT TO:<d@y.example>\r\n" },
		    { "421 4.7.0 enough\r\n", "" } },
	  .results = "1 perm 5.0.0 550 no\n0 temp 4.7.0 421 4.7.0 enough\n"
		     "2 temp 4.7.0 421 4.7.0 enough\n" },
	{ .name = "421 to the dot",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "421 4.3.0 no\r\n", "" } },
	  .results = "0 temp 4.3.0 421 4.3.0 no\n" },
	{ .name = "421 among piped replies",
	  .turn = { GREETED, PIPED, { "250 ok\r\n421 gone\r\n", "" } },
	  .results = "0 temp 4.0.0 421 gone\n" },

	/* hostile */
	{ .name = "354 to MAIL",
	  .turn = { GREETED, PLAIN, { "354 go\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unexpected 354 in reply to "
		     "MAIL\n" },
	{ .name = "250 to DATA",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, { "250 ok\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unexpected 250 in reply to "
		     "DATA\n" },
	{ .name = "354 to the dot",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "354 more\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unexpected 354 after the "
		     "whole message: they may have it\n" },
	{ .name = "354 for a greeting", .turn = { { "354 go\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unexpected 354 before the "
		     "greeting (host)\n" },
	{ .name = "code 999", .turn = { GREETED, { "999 x\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unknown code in reply to "
		     "EHLO (host)\n" },
	{ .name = "code 199", .turn = { { "199 x\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unknown code before the "
		     "greeting (host)\n" },
	{ .name = "code 600", .turn = { { "600 x\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: an unknown code before the "
		     "greeting (host)\n" },
	{ .name = "garbage", .turn = { { "SSH-2.0-OpenSSH_9.2\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a line without a code before "
		     "the greeting (host)\n" },
	{ .name = "empty line", .turn = { { "\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a line without a code before "
		     "the greeting (host)\n" },
	{ .name = "code with a fourth digit", .turn = { { "2200\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a line without a code before "
		     "the greeting (host)\n" },
	{ .name = "code changes",
	  .turn = { GREETED, { "250-mx\r\n251 x\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: two codes in one reply in reply "
		     "to EHLO (host)\n" },
	{ .name = "bare LF", .turn = { { "220 mx\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a bare LF "
		     "before the greeting (host)\n" },
	{ .name = "bare CR in the code", .turn = { { "22\r0 mx\r\n", "" } },
	  .results = "0 temp 4.5.0 not SMTP: a line without a code before "
		     "the greeting (host)\n" },
	{ .name = "odd octets behind a code that counts",
	  .turn = { { "220 m\rx\r\n", "EHLO me.example\r\n" }, PLAIN,
		    MAILED, RCPTED, SENT,
		    { "250 2.0.0 in\r\r\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 2.0.0 in??\n" },
	{ .name = "octets behind the last reply",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED, SENT,
		    { "250 ok\r\n", "QUIT\r\n" },
		    { "250 ok\r\n250 ok\r\n", "" } },
	  .results = "0 ok 2.0.0 250 ok\n" },
	{ .name = "a 250 in the middle of the message goes unheard only until "
		  "it is complete",
	  .turn = { GREETED, PLAIN, MAILED, RCPTED,
		    { "354 go\r\n250", TEXT ".\r\n" },
		    { " ok\r\n", "QUIT\r\n" }, BYE },
	  .results = "0 ok 2.0.0 250 ok\n" },
};

/* What came of one run. */
struct record {
	struct client client;
	char said[TURNS][1024];
	size_t len;		/* of said in this turn */
	char results[RECORD];
	bool closed;
};

static struct record now;

static void
note_result(struct record *r)
{
	static char const *const verdict[VERDICTS] = { "ok", "temp", "perm" };
	struct client_result const *c = &r->client.result;
	size_t at = strlen(r->results);

	snprintf(r->results + at, sizeof r->results - at,
	    "%zu %s %s %.*s%s%s%s\n", c->rcpt, verdict[c->verdict], c->status,
	    (int)c->words.len, c->words.s, c->dsn ? " (dsn)" : "",
	    c->host ? " (host)" : "", c->again ? " (again)" : "");
}

/* Do what the client wants; stingy: an octet at a time. */
static void
drive(struct record *r, char *said, size_t room, struct slice message,
    bool stingy)
{
	struct slice view;
	size_t n;

	while (!r->closed) {
		switch (client_next(&r->client, &view)) {
		case CLIENT_RESULT:
			note_result(r);
			break;
		case CLIENT_CLOSE:
			r->closed = true;
			break;
		case CLIENT_SEND:
			n = stingy ? 1 : view.len;
			assert_true(r->len + n < room);
			memcpy(said + r->len, view.s, n);
			r->len += n;
			said[r->len] = '\0';
			client_sent(&r->client, n);
			break;
		case CLIENT_BODY:
			view = slice_skip(message, r->client.taken);
			assert_true(view.len);
			if (stingy) view.len = 1;
			if (view.len > CLIENT_PIECE_MAX)
				view.len = CLIENT_PIECE_MAX;
			client_body(&r->client, view);
			break;
		case CLIENT_READ:
		case CLIENT_SECURE:
		case CLIENT_FREE:
			return;
		}
	}
}

static void
feed(struct record *r, char *said, struct slice in, struct slice message,
    bool stingy)
{
	while (in.len) {
		in = slice_skip(in, client_feed(&r->client, in));
		drive(r, said, sizeof r->said[0], message, stingy);
	}
}

static struct client_order
order_of(struct script const *s, struct slice *rcpt)
{
	struct client_order o = { .hostname = SLICE("me.example"),
		.sender = slice_of(s->sender ? s->sender : "a@x.example"),
		.rcpt = rcpt, .eightbit = s->eightbit, .utf8 = s->utf8,
		.lmtp = s->lmtp, .keep = s->keep, .tls = s->tls,
		.login = s->login, .clear_login = s->clear_login,
		.dsn = s->dsn, .ret = s->ret,
		.envid = slice_of(s->envid ? s->envid : ""),
		.size = strlen(s->message ? s->message : TEXT) };

	while (o.rcpts < 4 && s->rcpt[o.rcpts]) {
		rcpt[o.rcpts] = slice_of(s->rcpt[o.rcpts]);
		o.rcpts++;
	}
	if (!o.rcpts) rcpt[o.rcpts++] = SLICE("b@y.example");
	return o;
}

/* true: it was something for us to do, and is done */
static bool
act(struct record *r, char const *what, struct client_order const *order)
{
	struct slice view;

	if (what == handshake) {
		assert_int_equal(client_next(&r->client, &view),
		    CLIENT_SECURE);
		client_secured(&r->client);
	} else if (what == again || what == quit) {
		assert_int_equal(client_next(&r->client, &view), CLIENT_FREE);
		assert_true(client_is_settled(&r->client));
		if (what == again)
			client_again(&r->client, order);
		else
			client_quit(&r->client);
	} else {
		return false;
	}
	return true;
}

/* turn at is fed in two parts, cut there; at TURNS: every one octet by octet */
static void
play(struct script const *s, size_t at, size_t cut)
{
	struct slice rcpt[4], message = slice_of(s->message ? s->message :
	    TEXT);
	struct client_order order = order_of(s, rcpt);
	bool stingy = at == TURNS;
	struct record *r = &now;
	size_t t;

	r->results[0] = '\0';
	r->closed = false;
	client_start(&r->client, &order, false);
	for (t = 0; s->turn[t].server || s->turn[t].client; t++) {
		struct slice in = slice_of(s->turn[t].server ?
		    s->turn[t].server : "");
		char *said = r->said[t];

		r->len = 0;
		*said = '\0';
		drive(r, said, sizeof r->said[0], message, stingy);
		if (!s->turn[t].server) {
			client_lost(&r->client, "connection closed");
		} else if (act(r, s->turn[t].server, &order)) {
			;
		} else if (stingy) {
			for (; in.len; in = slice_skip(in, 1))
				feed(r, said, slice_from(in.s, 1), message,
				    true);
		} else if (t == at) {
			feed(r, said, slice_from(in.s, cut), message, false);
			feed(r, said, slice_skip(in, cut), message, false);
		} else {
			feed(r, said, in, message, false);
		}
		drive(r, said, sizeof r->said[0], message, stingy);
		/* NULL: as much of the message as was taken, but no end */
		if (s->turn[t].client)
			assert_string_equal(said, s->turn[t].client);
		else
			assert_null(strstr(said, "\r\n.\r\n"));
	}
	assert_string_equal(r->results, s->results);
	assert_true(r->closed);
}

static void
test_scripts(void **state)
{
	size_t i, t, cut;

	(void)state;
	for (i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		struct script const *s = &scripts[i];

		play(s, TURNS, 0);
		for (t = 0; t < TURNS; t++) {
			size_t len = s->turn[t].server ?
			    strlen(s->turn[t].server) : 0;

			for (cut = 0; cut <= len; cut++)
				play(s, t, cut);
		}
	}
}

/* For what is too long for a table. */
static struct slice const one_rcpt[] = { { "b@y.example", 11 } };

static void
begin(struct record *r)
{
	struct client_order order = { .hostname = SLICE("me.example"),
		.sender = SLICE("a@x.example"), .rcpt = one_rcpt,
		.rcpts = 1, .size = sizeof TEXT - 1 };

	r->results[0] = '\0';
	r->closed = false;
	r->len = 0;
	client_start(&r->client, &order, false);
}

static void
say(struct record *r, char const *s, size_t len)
{
	r->len = 0;
	feed(r, r->said[0], slice_from(s, len), SLICE(TEXT), false);
}

/* A reply of n octets in all, in lines of line octets. */
static char *
long_reply(size_t n, size_t line)
{
	char *s = malloc(n);
	size_t i;

	assert_non_null(s);
	memset(s, 'x', n);
	for (i = 0; i + 2 * line <= n; i += line) {
		memcpy(s + i, "220-", 4);
		memcpy(s + i + line - 2, "\r\n", 2);
	}
	memcpy(s + i, "220 ", 4);
	memcpy(s + n - 2, "\r\n", 2);
	return s;
}

static void
test_reply_octets_max(void **state)
{
	size_t line[] = { 80, 2 * REPLY_OCTETS_MAX }, i;
	struct record *r = &now;
	char *s;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = long_reply(REPLY_OCTETS_MAX, line[i]);
		begin(r);
		say(r, s, REPLY_OCTETS_MAX);
		assert_false(r->closed);
		assert_string_equal(r->said[0], "EHLO me.example\r\n");
		free(s);

		s = long_reply(REPLY_OCTETS_MAX + 1, line[i]);
		begin(r);
		say(r, s, REPLY_OCTETS_MAX + 1);
		assert_true(r->closed);
		assert_string_equal(r->results, "0 temp 4.5.0 not SMTP: a "
		    "reply without an end before the greeting (host)\n");
		free(s);
	}
}

/* Without any line end, and line after line: both end at the same octet. */
static void
test_endless(void **state)
{
	char const *const piece[] = { "x", "250-x\r\n" };
	struct record *r = &now;
	size_t i, fed;

	(void)state;
	for (i = 0; i < 2; i++) {
		begin(r);
		for (fed = 0; !r->closed; fed += strlen(piece[i])) {
			assert_true(fed <= REPLY_OCTETS_MAX);
			say(r, piece[i], strlen(piece[i]));
		}
		assert_true(fed >= REPLY_OCTETS_MAX);
		assert_string_equal(r->results, "0 temp 4.5.0 not SMTP: a "
		    "reply without an end before the greeting (host)\n");
	}
}

static void
test_line_and_words_max(void **state)
{
	static struct reply reply;
	char s[REPLY_LINE_MAX + 3];
	struct slice in;
	size_t n;

	(void)state;
	/* n and n + 1 octets: the last one is cut off */
	for (n = REPLY_LINE_MAX; n <= REPLY_LINE_MAX + 1; n++) {
		memset(s, 'x', sizeof s);
		memcpy(s, "550 ", 4);
		s[n - 1] = 'z';
		memcpy(s + n, "\r\n", 2);
		in = slice_from(s, n + 2);
		memset(&reply, 0, sizeof reply);
		assert_int_equal(reply_feed(&reply, &in), REPLY_WHOLE);
		assert_int_equal(reply_words(&reply).len, REPLY_LINE_MAX);
		assert_int_equal(reply.words[REPLY_LINE_MAX - 1],
		    n == REPLY_LINE_MAX ? 'z' : 'x');
	}
	/* more lines than the words have room for: the verdict stands */
	memset(&reply, 0, sizeof reply);
	s[3] = '-';
	for (n = 0; n < 3; n++) {
		in = slice_from(s, sizeof s);
		assert_int_equal(reply_feed(&reply, &in), REPLY_LINE);
	}
	in = SLICE("550 end\r\n");
	assert_int_equal(reply_feed(&reply, &in), REPLY_WHOLE);
	assert_int_equal(reply_words(&reply).len, WORDS_MAX);
	assert_int_equal(reply.code, 550);
}

static void
test_nul(void **state)
{
	struct record *r = &now;

	(void)state;
	begin(r);
	say(r, "220 m\0x\r\n", 9);
	assert_false(r->closed);
	say(r, "550 n\0o\r\n250 mx\r\n550 n\0o\r\n221 bye\r\n", 35);
	assert_string_equal(r->results, "0 perm 5.0.0 550 n?o\n");
	assert_true(r->closed);
}

/* All replies of a good dialogue at once, before anything was said. */
static void
test_sent_ahead(void **state)
{
	static char const all[] = "220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n"
	    "354 go\r\n250 ok\r\n221 bye\r\n";
	struct record *r = &now;
	struct slice view, in = slice_from(all, sizeof all - 1);

	(void)state;
	begin(r);
	while (in.len) {
		in = slice_skip(in, client_feed(&r->client, in));
		if (client_next(&r->client, &view) == CLIENT_RESULT)
			note_result(r);
	}
	assert_string_equal(r->results, "0 temp 4.5.0 not SMTP: an unexpected "
	    "250 in reply to EHLO (host)\n");
	assert_int_equal(client_next(&r->client, &view), CLIENT_CLOSE);
}

/* Brings the client to where it wants message octets. */
static void
to_text(struct record *r)
{
	static char const *const replies[] = { "220 mx\r\n", "250 mx\r\n",
	    "250 ok\r\n", "250 ok\r\n" };
	struct slice view;
	size_t i;

	begin(r);
	for (i = 0; i < 4; i++)
		say(r, replies[i], strlen(replies[i]));
	assert_int_equal(client_feed(&r->client, SLICE("354 go\r\n")), 8);
	assert_int_equal(client_next(&r->client, &view), CLIENT_BODY);
	assert_int_equal(client_wait_s(&r->client), 180);
	client_body(&r->client, SLICE("Subj"));
}

static void
test_reply_in_the_middle(void **state)
{
	static struct {
		char const *reply, *results;
	} const rows[] = {
		{ "552 5.3.4 too much\r\n",
		  "0 perm 5.3.4 552 5.3.4 too much\n" },
		{ "452 4.3.1 full\r\n", "0 temp 4.3.1 452 4.3.1 full\n" },
		{ "421 4.3.2 bye\r\n", "0 temp 4.3.2 421 4.3.2 bye\n" },
		{ "250 ok\r\n", "0 temp 4.5.0 not SMTP: an unexpected 250 in "
		  "the middle of the message\n" },
	};
	struct record *r = &now;
	struct slice view;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		to_text(r);
		client_feed(&r->client, slice_of(rows[i].reply));
		assert_int_equal(client_next(&r->client, &view),
		    CLIENT_RESULT);
		note_result(r);
		assert_int_equal(client_next(&r->client, &view),
		    CLIENT_CLOSE);
		assert_string_equal(r->results, rows[i].results);
	}
}

/* The point of no return is the last octet of the end mark, no earlier. */
static void
test_committed(void **state)
{
	struct record *r = &now;
	struct slice view;
	char const *words;

	(void)state;
	to_text(r);
	client_body(&r->client, slice_skip(SLICE(TEXT), 4));
	assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
	assert_int_equal(view.len, sizeof TEXT - 1 + 3);
	client_sent(&r->client, view.len - 1);
	assert_false(client_committed(&r->client));
	assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
	client_sent(&r->client, 1);
	assert_true(client_committed(&r->client));
	assert_int_equal(client_wait_s(&r->client), 600);

	to_text(r);
	client_body(&r->client, slice_skip(SLICE(TEXT), 4));
	assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
	client_sent(&r->client, view.len - 1);
	client_lost(&r->client, "timed out");
	assert_int_equal(client_next(&r->client, &view), CLIENT_RESULT);
	note_result(r);
	words = "0 temp 4.4.2 timed out in the middle of the message\n";
	assert_string_equal(r->results, words);
}

static void
begin_ahead(struct record *r, struct slice text)
{
	struct client_order order = { .hostname = SLICE("me.example"),
		.sender = SLICE("a@x.example"), .rcpt = one_rcpt,
		.rcpts = 1, .size = text.len };
	static char said[RECORD];

	r->results[0] = '\0';
	r->closed = false;
	r->len = 0;
	client_start(&r->client, &order, false);
	client_feed(&r->client, SLICE("220 mx\r\n"));
	drive(r, said, sizeof said, text, false);
	client_feed(&r->client, SLICE("250-mx\r\n250-8BITMIME\r\n"));
	client_feed(&r->client, SLICE("250-PIPELINING\r\n250 CHUNKING\r\n"));
	while (client_next(&r->client, &(struct slice){ .len = 0 }) ==
	    CLIENT_BODY)
		client_body(&r->client, slice_skip(text, r->client.taken));
}

/* The message is the last that is counted as said, and no log sees it. */
static void
test_ahead(void **state)
{
	static char const commands[] =
	    "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n";
	struct record *r = &now;
	struct slice view;

	(void)state;
	begin_ahead(r, SLICE(TEXT));
	assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
	assert_int_equal(client_commands(&r->client, view.len).len,
	    sizeof commands - 1);
	assert_int_equal(client_commands(&r->client, 4).len, 4);
	client_sent(&r->client, view.len - 1);
	assert_int_equal(client_commands(&r->client, 1).len, 0);
	assert_false(client_committed(&r->client));
	assert_int_equal(client_wait_s(&r->client), 300);
	client_feed(&r->client, SLICE("250 ok\r\n"));
	assert_false(client_committed(&r->client));
	client_sent(&r->client, 1);
	assert_true(client_committed(&r->client));
	assert_int_equal(client_wait_s(&r->client), 600);
	client_feed(&r->client, SLICE("250 ok\r\n"));
	assert_true(client_committed(&r->client));

	/* answered before all of it is there */
	begin_ahead(r, SLICE(TEXT));
	assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
	client_sent(&r->client, view.len - 1);
	client_feed(&r->client, SLICE("250 ok\r\n"));
	client_feed(&r->client, SLICE("250 ok\r\n"));
	assert_false(client_committed(&r->client));
	client_feed(&r->client, SLICE("250 in\r\n"));
	assert_int_equal(client_next(&r->client, &view), CLIENT_RESULT);
	note_result(r);
	assert_string_equal(r->results, "0 temp 4.5.0 not SMTP: an unexpected "
	    "250 in the middle of the message\n");
}

/* One octet more waits until somebody takes it. */
static void
test_ahead_max(void **state)
{
	static char text[CLIENT_PIECE_MAX + 1];
	struct record *r = &now;
	struct slice view;
	size_t n;

	(void)state;
	for (n = CLIENT_PIECE_MAX; n <= CLIENT_PIECE_MAX + 1; n++) {
		memset(text, 'x', sizeof text);
		memcpy(text + n - 2, "\r\n", 2);
		begin_ahead(r, slice_from(text, n));
		assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
		assert_int_equal(r->client.taken,
		    n == CLIENT_PIECE_MAX ? n : 0);
		assert_true(view.len > n || n > CLIENT_PIECE_MAX);
	}
}

/* RFC 5321 section 4.5.3.2 */
static void
test_waits(void **state)
{
	static struct {
		char const *reply;
		unsigned wait_s;	/* before it */
	} const rows[] = {
		{ "220 mx\r\n", 300 }, { "500 no\r\n", 300 },
		{ "250 mx\r\n", 300 }, { "250 ok\r\n", 300 },
		{ "250 ok\r\n", 300 }, { "354 go\r\n", 120 },
		{ "250 ok\r\n", 600 }, { "221 bye\r\n", 5 },
	};
	struct record *r = &now;
	unsigned turn;
	size_t i;

	(void)state;
	begin(r);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(client_wait_s(&r->client), rows[i].wait_s);
		/* octets alone don't start the time anew, a reply does */
		turn = r->client.turn;
		say(r, rows[i].reply, 1);
		assert_int_equal(r->client.turn, turn);
		say(r, rows[i].reply + 1, strlen(rows[i].reply) - 1);
		assert_int_not_equal(r->client.turn, turn);
	}
	assert_true(r->closed);
}

/* One near the limits, with its NUL. */
static void
long_address(char address[ADDR_LOCAL_MAX + 255])
{
	size_t i;

	memset(address, 'a', ADDR_LOCAL_MAX + 254);
	address[ADDR_LOCAL_MAX] = '@';
	for (i = 60; i < 254; i += 60)
		address[ADDR_LOCAL_MAX + i] = '.';
	address[ADDR_LOCAL_MAX + 254] = '\0';
}

/* The sender is refused while most of a long batch isn't even composed: only
 * what was is sent and heard to its end. */
static void
test_refused_amid_batch(void **state)
{
	static struct slice rcpt[DELIVER_RCPTS_MAX];
	static char address[ADDR_LOCAL_MAX + 255], said[65536];
	struct record *r = &now;
	struct client_order order = { .hostname = SLICE("me.example"),
		.sender = SLICE("a@x.example"), .rcpt = rcpt,
		.rcpts = DELIVER_RCPTS_MAX, .size = sizeof TEXT - 1 };
	struct slice view;
	size_t i, commands = 0;

	(void)state;
	long_address(address);
	for (i = 0; i < DELIVER_RCPTS_MAX; i++)
		rcpt[i] = slice_of(address);
	r->results[0] = '\0';
	r->closed = false;
	r->len = 0;
	client_start(&r->client, &order, false);
	client_feed(&r->client, SLICE("220 mx\r\n"));
	drive(r, said, sizeof said, SLICE(TEXT), false);
	client_feed(&r->client, SLICE("250-mx\r\n250-8BITMIME\r\n"
	    "250 PIPELINING\r\n"));
	assert_int_equal(client_next(&r->client, &view), CLIENT_SEND);
	client_sent(&r->client, slice_find(view, '\n') + 1);
	client_feed(&r->client, SLICE("550 no\r\n"));
	r->len = 0;
	drive(r, said, sizeof said, SLICE(TEXT), false);
	for (i = 0; i < r->len; i++)
		commands += said[i] == '\n';
	assert_in_range(commands, 1, DELIVER_RCPTS_MAX - 1);
	assert_null(strstr(said, "DATA"));
	r->len = 0;
	for (i = 0; i < commands; i++) {
		assert_int_equal(r->len, 0);
		client_feed(&r->client, SLICE("503 no\r\n"));
		drive(r, said, sizeof said, SLICE(TEXT), false);
	}
	assert_string_equal(said, "QUIT\r\n");
}

/* As many recipients as a job may have, each with the longest path, in one go
 * through an output store that is smaller; all get their result. */
static void
test_many_recipients(void **state)
{
	static char text[DELIVER_RCPTS_MAX][ADDR_LOCAL_MAX + 255];
	static struct slice rcpt[DELIVER_RCPTS_MAX];
	static char said[65536];
	struct record *r = &now;
	struct client_order order = { .hostname = SLICE("me.example"),
		.sender = SLICE("a@x.example"), .rcpt = rcpt,
		.rcpts = DELIVER_RCPTS_MAX, .size = sizeof TEXT - 1 };
	size_t i, commands = 0;

	(void)state;
	for (i = 0; i < DELIVER_RCPTS_MAX; i++) {
		long_address(text[i]);
		text[i][0] = (char)('a' + i % 26);
		rcpt[i] = slice_of(text[i]);
	}
	r->results[0] = '\0';
	r->closed = false;
	r->len = 0;
	client_start(&r->client, &order, false);
	client_feed(&r->client, SLICE("220 mx\r\n"));
	drive(r, said, sizeof said, SLICE(TEXT), false);
	client_feed(&r->client, SLICE("250-mx\r\n250 PIPELINING\r\n"));
	r->len = 0;
	drive(r, said, sizeof said, SLICE(TEXT), false);
	for (i = 0; i < r->len; i++)
		commands += said[i] == '\n';
	assert_int_equal(commands, 1 + DELIVER_RCPTS_MAX + 1);
	client_feed(&r->client, SLICE("250 ok\r\n"));
	for (i = 0; i < DELIVER_RCPTS_MAX; i++) {
		client_feed(&r->client, i % 2 ? SLICE("250 ok\r\n") :
		    SLICE("550 no\r\n"));
		drive(r, said, sizeof said, SLICE(TEXT), false);
	}
	client_feed(&r->client, SLICE("354 go\r\n"));
	drive(r, said, sizeof said, SLICE(TEXT), false);
	client_feed(&r->client, SLICE("250 ok\r\n"));
	drive(r, said, sizeof said, SLICE(TEXT), false);
	for (commands = i = 0; r->results[i]; i++)
		commands += r->results[i] == '\n';
	assert_int_equal(commands, DELIVER_RCPTS_MAX);
	assert_non_null(strstr(r->results, "98 perm 5.0.0 550 no\n"));
	assert_non_null(strstr(r->results, "99 ok 2.0.0 250 ok\n"));
}

/* Replies drawn at random, cut at random: whatever happens, each recipient has
 * exactly one result once the connection is lost. */
static void
test_random(void **state)
{
	static char const *const words[] = { "220 a\r\n", "250 b\r\n",
	    "250-PIPELINING\r\n", "250-c\r\n", "354 d\r\n", "421 e\r\n",
	    "450 4.1.1 f\r\n", "550 5.1.1 g\r\n", "5", "\r", "\n", "x",
	    "550-h\r\n", "250 SIZE 18\r\n", "250\r\n", "502 i\r\n",
	    "250-CHUNKING\r\n" };
	static unsigned const likely[] = { 0, 1, 1, 1, 1, 2, 4, 4, 7 };
	struct slice const rcpt[] = { SLICE("b@y.example"), SLICE("nobody"),
		SLICE("c@y.example") };
	struct client_order order = { .hostname = SLICE("me.example"),
		.sender = SLICE("a@x.example"), .rcpt = rcpt, .rcpts = 3,
		.size = sizeof TEXT - 1 };
	static char said[RECORD];
	struct record *r = &now;
	unsigned seed = 1, run, step, delivered = 0;

	(void)state;
	for (run = 0; run < 50000; run++) {
		size_t i, lines = 0;

		r->results[0] = '\0';
		r->closed = false;
		client_start(&r->client, &order, false);
		for (step = 0; step < 12 && !r->closed; step++) {
			struct slice in;

			seed = seed * 1103515245 + 12345;
			i = (seed >> 16) % 64;
			in = slice_of(i < sizeof words / sizeof *words ?
			    words[i] : words[likely[i % 9]]);
			r->len = 0;
			while (in.len) {
				in = slice_skip(in,
				    client_feed(&r->client, in));
				drive(r, said, sizeof said, SLICE(TEXT),
				    run % 2);
			}
		}
		if (!r->closed) client_lost(&r->client, "lost");
		drive(r, said, sizeof said, SLICE(TEXT), false);
		assert_true(r->closed);
		for (i = 0; r->results[i]; i++)
			lines += r->results[i] == '\n';
		assert_int_equal(lines, 3);
		assert_non_null(strstr(r->results, "1 perm 5.1.3"));
		delivered += strstr(r->results, " ok ") != NULL;
	}
	/* or the dice never got anywhere */
	assert_true(delivered > 10);
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_reply_octets_max),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_line_and_words_max),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_sent_ahead),
		cmocka_unit_test(test_reply_in_the_middle),
		cmocka_unit_test(test_committed),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_ahead_max),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_refused_amid_batch),
		cmocka_unit_test(test_many_recipients),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
