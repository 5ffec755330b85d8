/* SPDX-License-Identifier: ISC */
/* The protocol between smtpd and its key helper, over a socket pair.
 *
 *   smtpd   LOAD             read all files, at start and again
 *   helper  PAIR...          a certificate for each --tls-cert, in order
 *   helper  LOADED           all that follows may use them; or
 *           FAILED           nothing has changed
 *
 *   smtpd   SIGN             any time; answered in the order of asking
 *   helper  SIGNED
 *
 * A key has a new number with each LOAD; numbers of the one before last are
 * refused. Files have numbers, certificates first, then keys. */
#ifndef MAILGRAVE_SMTPD_SIGNING_H
#define MAILGRAVE_SMTPD_SIGNING_H

#include "common/tlssign.h"
#include "common/wire.h"

enum signing_type {
	SIGNING_LOAD = 0x0601,
	SIGNING_PAIR,
	SIGNING_LOADED,
	SIGNING_FAILED,
	SIGNING_SIGN,
	SIGNING_SIGNED
};

enum {
	SIGNING_CHAIN_MAX = WIRE_BODY_MAX,	/* octets of certificates */
	SIGNING_WHY_MAX = 200,
	SIGNING_WINDOW = 32	/* SIGN frames without an answer: each side's
				 * socket has room for them */
};

struct signing_load {
	uint8_t unused;
};

struct signing_pair {
	uint32_t key;
	struct slice chain;	/* DER, one after the other */
};

struct signing_loaded {
	uint8_t unreadable;	/* a file that root had to open, and that can't
				 * be read again: its number plus one; 0: none */
};

struct signing_failed {
	uint8_t file;
	struct slice why;
};

struct signing_sign {
	uint32_t key;
	uint8_t digest;		/* enum tls_digest */
	uint8_t pss;
	struct slice content;
};

struct signing_signed {
	struct slice signature;	/* empty: refused */
};

extern struct wire_form const signing_load_form, signing_pair_form,
    signing_loaded_form, signing_failed_form, signing_sign_form,
    signing_signed_form;

#endif
