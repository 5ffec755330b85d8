/* SPDX-License-Identifier: ISC */
/* Every reply of the server: code, enhanced code, words. They are named, never
 * spelled elsewhere. Pure. */
#ifndef MAILGRAVE_SMTPD_REPLY_H
#define MAILGRAVE_SMTPD_REPLY_H

#include <stdbool.h>
#include "common/slice.h"
#include "common/verdict.h"

enum reply {
	REPLY_NONE,		/* none is due yet */
	REPLY_GREETING,
	REPLY_GREETING_LMTP,
	REPLY_HELO,
	REPLY_EHLO,		/* argument: keywords, a newline between */
	REPLY_HELP,		/* argument: verbs */
	REPLY_GOODBYE,
	REPLY_START_TLS,
	REPLY_LOGGED_IN,
	REPLY_CHALLENGE,	/* argument: base64 */
	REPLY_SENDER_OK,
	REPLY_RCPT_OK,
	REPLY_RESET,
	REPLY_NOOP,
	REPLY_CHUNK_OK,
	REPLY_ACCEPTED,		/* argument: trace id */
	REPLY_CANNOT_VERIFY,
	REPLY_SEND_TEXT,
	REPLY_SHUTDOWN,
	REPLY_TOO_MANY_SESSIONS,
	REPLY_TOO_MANY_FROM_YOU,
	REPLY_TOO_FAST,
	REPLY_ACCESS_LIMIT,
	REPLY_NO_MEMORY,
	REPLY_IDLE,
	REPLY_TOO_LONG,
	REPLY_TOO_MANY_COMMANDS,
	REPLY_TOO_MANY_MAILS,
	REPLY_TOO_MANY_UNKNOWN,
	REPLY_TOO_MANY_ERRORS,
	REPLY_NO_HEADER,
	REPLY_NO_QUEUE,
	REPLY_TOO_MANY_OF_YOURS,
	REPLY_NO_SPACE,
	REPLY_TOO_MUCH_FROM_YOU,
	REPLY_RULE_LIMIT,
	REPLY_TOO_MANY_RCPTS,
	REPLY_TOO_MANY_RCPTS_OF_YOURS,
	REPLY_UNKNOWN_COMMAND,
	REPLY_EMPTY_LINE,
	REPLY_BROKEN_LINE,
	REPLY_LONG_LINE,
	REPLY_BAD_ARGUMENT,
	REPLY_NO_ARGUMENT,
	REPLY_MISSING_ARGUMENT,
	REPLY_BAD_SENDER,
	REPLY_BAD_RCPT,
	REPLY_BAD_PARAMETER,
	REPLY_UNKNOWN_PARAMETER,
	REPLY_NOT_IMPLEMENTED,
	REPLY_BAD_SEQUENCE,
	REPLY_HURRIED,
	REPLY_NO_WEB,
	REPLY_EARLY,
	REPLY_NO_VALID_RCPTS,
	REPLY_NO_SUCH_USER,
	REPLY_UNSAFE_MAILBOX,
	REPLY_NO_RELAYING,
	REPLY_LOOP,
	REPLY_NO_XCLIENT,
	REPLY_TLS_FIRST,
	REPLY_TLS_BUSY,
	REPLY_LOGIN_FIRST,
	REPLY_LOGIN_WRONG,
	REPLY_LOGIN_BUSY,
	REPLY_LOGIN_UNKNOWN,
	REPLY_LOGIN_TOO_OFTEN,
	REPLY_CANCELLED,
	REPLY_NO_BASE64,
	REPLY_LONG_ANSWER,
	REPLY_NO_MECHANISM,
	REPLY_NOT_YOUR_SENDER,
	REPLY_NOT_YOUR_FROM,
	REPLY_ASCII_SENDER,
	REPLY_ASCII_RCPT,
	REPLY_TOO_LARGE,
	REPLY_BROKEN_TEXT,
	REPLY_LONG_HEADER,
	REPLY_LONG_TEXT_LINE,
	REPLY_TOO_MANY_HOPS,
	REPLIES
};

enum {
	REPLY_LINE_MAX = 512,	/* with CRLF; RFC 5321 section 4.5.3.1.5 */
	REPLY_MAX = 1024	/* octets of all lines; the longest is EHLO's */
};

/* reply_code - its three digits as a number */
unsigned reply_code(enum reply reply);

/* reply_format - a whole reply with its line ends
 *   hostname  ours, for the replies that begin with it
 *   argument  where the words have a place for one, else unused
 *   out       REPLY_MAX octets; returns the length */
size_t reply_format(char *out, enum reply reply, struct slice hostname,
    struct slice argument);

/* reply_custom_format - one line in words of others
 *   code    400 to 599, else 554 is said
 *   status  one of another class than the code, or none, is replaced
 *   words   cut to fit on one line; other than printable ASCII becomes "?"
 *   out     REPLY_LINE_MAX octets; returns the length */
size_t reply_custom_format(char *out, unsigned code, struct slice status,
    struct slice words);

/* reply_refusal_format - what queue said about a message it did not take, as
 * reply_custom_format
 *   verdict  VERDICT_TEMP or VERDICT_PERM */
size_t reply_refusal_format(char *out, enum verdict verdict,
    struct slice status, struct slice words);

#endif
