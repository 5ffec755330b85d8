/* SPDX-License-Identifier: ISC */
/* The frames of the submit protocol: tables, no code. */
#include "common/submit.h"

_Static_assert(sizeof(struct submit_open) <= WIRE_STRUCT_MAX, "largest struct");

static struct wire_field const open_fields[] = {
	WIRE_FIELD_ID(struct submit_open, id),
	WIRE_FIELD_TEXT(struct submit_open, sender, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct submit_open, client_address, SUBMIT_ADDRESS_MAX),
	WIRE_FIELD_TEXT(struct submit_open, client_name, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct submit_open, helo, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct submit_open, protocol, SUBMIT_PROTOCOL_MAX),
	WIRE_FIELD_TEXT(struct submit_open, login, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct submit_open, tls, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct submit_open, groups, SUBMIT_GROUPS_MAX),
	WIRE_FIELD_TEXT(struct submit_open, envid, ENVID_MAX),
	WIRE_FIELD_U64(struct submit_open, size),
	WIRE_FIELD_U8(struct submit_open, eightbit, 1),
	WIRE_FIELD_U8(struct submit_open, utf8, 1),
	WIRE_FIELD_U8(struct submit_open, ret, RETS - 1),
};
struct wire_form const submit_open_form = WIRE_FORM(SUBMIT_OPEN, open_fields);

static struct wire_field const rcpt_fields[] = {
	WIRE_FIELD_TEXT(struct submit_rcpt, address, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct submit_rcpt, orcpt, ORCPT_MAX),
	WIRE_FIELD_U8(struct submit_rcpt, notify, NOTIFY_ALL),
};
struct wire_form const submit_rcpt_form = WIRE_FORM(SUBMIT_RCPT, rcpt_fields);

static struct wire_field const body_fields[] = {
	WIRE_FIELD_TEXT(struct submit_body, octets, WIRE_BODY_MAX),
};
struct wire_form const submit_body_form = WIRE_FORM(SUBMIT_BODY, body_fields);

static struct wire_field const end_fields[] = {
	WIRE_FIELD_U64(struct submit_end, size),
	WIRE_FIELD_U32(struct submit_end, rcpts),
};
struct wire_form const submit_end_form = WIRE_FORM(SUBMIT_END, end_fields);

static struct wire_field const abort_fields[] = {
	WIRE_FIELD_U8(struct submit_abort, unused, 0),
};
struct wire_form const submit_abort_form =
    WIRE_FORM(SUBMIT_ABORT, abort_fields);

static struct wire_field const verdict_fields[] = {
	WIRE_FIELD_U8(struct submit_verdict, verdict, VERDICTS - 1),
	WIRE_FIELD_TEXT(struct submit_verdict, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct submit_verdict, words, WORDS_MAX),
};
struct wire_form const submit_verdict_form =
    WIRE_FORM(SUBMIT_VERDICT, verdict_fields);

static struct wire_field const room_fields[] = {
	WIRE_FIELD_U64(struct submit_room, size),
};
struct wire_form const submit_room_form = WIRE_FORM(SUBMIT_ROOM, room_fields);

static struct wire_field const refused_fields[] = {
	WIRE_FIELD_TEXT(struct submit_refused, rule, SUBMIT_RULE_MAX),
	WIRE_FIELD_U32(struct submit_refused, n),
};
struct wire_form const submit_refused_form =
    WIRE_FORM(SUBMIT_REFUSED, refused_fields);
