/* SPDX-License-Identifier: ISC */
/* The frames of the command protocol: tables, no code. */
#include "common/command.h"
#include "common/handover.h"

_Static_assert(sizeof(struct command_mail) <= WIRE_STRUCT_MAX, "largest");
_Static_assert(ADDR_TEXT_MAX + 16 <= COMMAND_TERM_MAX, "a term fits");

static struct wire_field const ask_fields[] = {
	WIRE_FIELD_U8(struct command_ask, order, ORDERS),
	WIRE_FIELD_U8(struct command_ask, dry_run, 1),
	WIRE_FIELD_U8(struct command_ask, rcpts, 1),
	WIRE_FIELD_U8(struct command_ask, text, 1),
	WIRE_FIELD_U8(struct command_ask, counts, 1),
};
struct wire_form const command_ask_form = WIRE_FORM(COMMAND_ASK, ask_fields);

static struct wire_field const id_fields[] = {
	WIRE_FIELD_ID(struct command_id, id),
};
struct wire_form const command_id_form = WIRE_FORM(COMMAND_ID, id_fields);

static struct wire_field const filter_fields[] = {
	WIRE_FIELD_TEXT(struct command_filter, term, COMMAND_TERM_MAX),
};
struct wire_form const command_filter_form =
    WIRE_FORM(COMMAND_FILTER, filter_fields);

static struct wire_field const go_fields[] = {
	WIRE_FIELD_U8(struct command_go, unused, 0),
};
struct wire_form const command_go_form = WIRE_FORM(COMMAND_GO, go_fields);

static struct wire_field const mail_fields[] = {
	WIRE_FIELD_ID(struct command_mail, id),
	WIRE_FIELD_TEXT(struct command_mail, sender, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct command_mail, rcpt, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct command_mail, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct command_mail, words, WORDS_MAX),
	WIRE_FIELD_U64(struct command_mail, arrived_s),
	WIRE_FIELD_U64(struct command_mail, size),
	WIRE_FIELD_U32(struct command_mail, uid),
	WIRE_FIELD_U32(struct command_mail, rcpts),
	WIRE_FIELD_U32(struct command_mail, tries),
	WIRE_FIELD_U32(struct command_mail, wait_s),
	WIRE_FIELD_U8(struct command_mail, standing, STANDINGS - 1),
	WIRE_FIELD_U8(struct command_mail, ret, RETS - 1),
	WIRE_FIELD_U8(struct command_mail, utf8, 1),
	WIRE_FIELD_TEXT(struct command_mail, envid, ENVID_MAX),
};
struct wire_form const command_mail_form =
    WIRE_FORM(COMMAND_MAIL, mail_fields);

static struct wire_field const rcpt_fields[] = {
	WIRE_FIELD_TEXT(struct command_rcpt, address, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct command_rcpt, orcpt, ORCPT_MAX),
	WIRE_FIELD_U8(struct command_rcpt, notify, NOTIFY_ALL),
	WIRE_FIELD_U8(struct command_rcpt, warned, 1),
	WIRE_FIELD_TEXT(struct command_rcpt, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct command_rcpt, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct command_rcpt, words, WORDS_MAX),
	WIRE_FIELD_U32(struct command_rcpt, tries),
	WIRE_FIELD_U32(struct command_rcpt, wait_s),
	WIRE_FIELD_U8(struct command_rcpt, standing, STANDINGS - 1),
};
struct wire_form const command_rcpt_form =
    WIRE_FORM(COMMAND_RCPT, rcpt_fields);

static struct wire_field const body_fields[] = {
	WIRE_FIELD_U8(struct command_body, there, 1),
};
struct wire_form const command_body_form =
    WIRE_FORM(COMMAND_BODY, body_fields);

static struct wire_field const progress_fields[] = {
	WIRE_FIELD_U64(struct command_progress, seen),
	WIRE_FIELD_U64(struct command_progress, matched),
};
struct wire_form const command_progress_form =
    WIRE_FORM(COMMAND_PROGRESS, progress_fields);

static struct wire_field const done_fields[] = {
	WIRE_FIELD_U8(struct command_done, verdict, VERDICTS - 1),
	WIRE_FIELD_U64(struct command_done, matched),
	WIRE_FIELD_U64(struct command_done, active),
	WIRE_FIELD_TEXT(struct command_done, words, COMMAND_WORDS_MAX),
};
struct wire_form const command_done_form =
    WIRE_FORM(COMMAND_DONE, done_fields);

static struct wire_field const since_fields[] = {
	WIRE_FIELD_U64(struct command_since, since_s),
};
struct wire_form const command_since_form =
    WIRE_FORM(COMMAND_SINCE, since_fields);

static struct wire_field const count_fields[] = {
	WIRE_FIELD_U8(struct command_count, of, COUNTS_OF - 1),
	WIRE_FIELD_TEXT(struct command_count, name, COMMAND_NAME_MAX),
	WIRE_FIELD_U64(struct command_count, n),
	WIRE_FIELD_U64(struct command_count, minute),
	WIRE_FIELD_U64(struct command_count, hour),
};
struct wire_form const command_count_form =
    WIRE_FORM(COMMAND_COUNT, count_fields);
