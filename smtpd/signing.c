/* SPDX-License-Identifier: ISC */
/* The frames between smtpd and its key helper: tables, no code. */
#include "common/tlsserver.h"
#include "smtpd/signing.h"

static struct wire_field const load_fields[] = {
	WIRE_FIELD_U8(struct signing_load, unused, 0),
};
struct wire_form const signing_load_form = WIRE_FORM(SIGNING_LOAD, load_fields);

static struct wire_field const pair_fields[] = {
	WIRE_FIELD_U32(struct signing_pair, key),
	WIRE_FIELD_TEXT(struct signing_pair, chain, SIGNING_CHAIN_MAX),
};
struct wire_form const signing_pair_form = WIRE_FORM(SIGNING_PAIR, pair_fields);

static struct wire_field const loaded_fields[] = {
	WIRE_FIELD_U8(struct signing_loaded, unreadable, 2 * TLS_PAIRS_MAX),
};
struct wire_form const signing_loaded_form =
    WIRE_FORM(SIGNING_LOADED, loaded_fields);

static struct wire_field const failed_fields[] = {
	WIRE_FIELD_U8(struct signing_failed, file, 2 * TLS_PAIRS_MAX - 1),
	WIRE_FIELD_TEXT(struct signing_failed, why, SIGNING_WHY_MAX),
};
struct wire_form const signing_failed_form =
    WIRE_FORM(SIGNING_FAILED, failed_fields);

static struct wire_field const sign_fields[] = {
	WIRE_FIELD_U32(struct signing_sign, key),
	WIRE_FIELD_U8(struct signing_sign, digest, TLS_DIGESTS - 1),
	WIRE_FIELD_U8(struct signing_sign, pss, 1),
	WIRE_FIELD_TEXT(struct signing_sign, content, TLS_CONTENT_MAX),
};
struct wire_form const signing_sign_form = WIRE_FORM(SIGNING_SIGN, sign_fields);

static struct wire_field const signed_fields[] = {
	WIRE_FIELD_TEXT(struct signing_signed, signature, TLS_SIGNATURE_MAX),
};
struct wire_form const signing_signed_form =
    WIRE_FORM(SIGNING_SIGNED, signed_fields);
