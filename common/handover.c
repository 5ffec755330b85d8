/* SPDX-License-Identifier: ISC */
/* The frames of the queue protocol: tables, no code. */
#include "common/handover.h"

_Static_assert(sizeof(struct handover_outcome) <= WIRE_STRUCT_MAX, "largest struct");

static struct wire_field const held_fields[] = {
	WIRE_FIELD_ID(struct handover_held, id),
};
struct wire_form const handover_held_form =
    WIRE_FORM(HANDOVER_HELD, held_fields);

static struct wire_field const window_fields[] = {
	WIRE_FIELD_U32(struct handover_window, messages),
	WIRE_FIELD_U32(struct handover_window, texts),
	WIRE_FIELD_U32(struct handover_window, within),
};
struct wire_form const handover_window_form =
    WIRE_FORM(HANDOVER_WINDOW, window_fields);

static struct wire_field const fetch_fields[] = {
	WIRE_FIELD_ID(struct handover_fetch, id),
};
struct wire_form const handover_fetch_form =
    WIRE_FORM(HANDOVER_FETCH, fetch_fields);

static struct wire_field const outcome_fields[] = {
	WIRE_FIELD_ID(struct handover_outcome, id),
	WIRE_FIELD_U32(struct handover_outcome, rcpt),
	WIRE_FIELD_U32(struct handover_outcome, attempt),
	WIRE_FIELD_U8(struct handover_outcome, outcome, OUTCOMES - 1),
	WIRE_FIELD_U32(struct handover_outcome, wait_s),
	WIRE_FIELD_TEXT(struct handover_outcome, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct handover_outcome, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct handover_outcome, words, WORDS_MAX),
};
struct wire_form const handover_outcome_form =
    WIRE_FORM(HANDOVER_OUTCOME, outcome_fields);

static struct wire_field const mail_fields[] = {
	WIRE_FIELD_ID(struct handover_mail, id),
	WIRE_FIELD_TEXT(struct handover_mail, sender, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct handover_mail, groups, SUBMIT_GROUPS_MAX),
	WIRE_FIELD_U64(struct handover_mail, size),
	WIRE_FIELD_U64(struct handover_mail, arrived_s),
	WIRE_FIELD_U8(struct handover_mail, eightbit, 1),
	WIRE_FIELD_U8(struct handover_mail, utf8, 1),
	WIRE_FIELD_U8(struct handover_mail, fresh, 1),
};
struct wire_form const handover_mail_form =
    WIRE_FORM(HANDOVER_MAIL, mail_fields);

static struct wire_field const rcpt_fields[] = {
	WIRE_FIELD_ID(struct handover_rcpt, id),
	WIRE_FIELD_U32(struct handover_rcpt, rcpt),
	WIRE_FIELD_U32(struct handover_rcpt, attempt),
	WIRE_FIELD_U32(struct handover_rcpt, wait_s),
	WIRE_FIELD_U32(struct handover_rcpt, action),
	WIRE_FIELD_U8(struct handover_rcpt, owed, OUTCOMES - 1),
	WIRE_FIELD_U8(struct handover_rcpt, warned, 1),
	WIRE_FIELD_U8(struct handover_rcpt, notify, NOTIFY_ALL),
	WIRE_FIELD_TEXT(struct handover_rcpt, address, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct handover_rcpt, orcpt, ORCPT_MAX),
	WIRE_FIELD_TEXT(struct handover_rcpt, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct handover_rcpt, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct handover_rcpt, words, WORDS_MAX),
};
struct wire_form const handover_rcpt_form =
    WIRE_FORM(HANDOVER_RCPT, rcpt_fields);

static struct wire_field const ready_fields[] = {
	WIRE_FIELD_ID(struct handover_ready, id),
	WIRE_FIELD_U32(struct handover_ready, rcpts),
};
struct wire_form const handover_ready_form =
    WIRE_FORM(HANDOVER_READY, ready_fields);

static struct wire_field const told_fields[] = {
	WIRE_FIELD_U64(struct handover_told, messages),
};
struct wire_form const handover_told_form =
    WIRE_FORM(HANDOVER_TOLD, told_fields);

static struct wire_field const body_fields[] = {
	WIRE_FIELD_ID(struct handover_body, id),
	WIRE_FIELD_U8(struct handover_body, there, 1),
	WIRE_FIELD_U8(struct handover_body, ret, RETS - 1),
	WIRE_FIELD_TEXT(struct handover_body, envid, ENVID_MAX),
	WIRE_FIELD_TEXT(struct handover_body, client_address,
	    SUBMIT_ADDRESS_MAX),
	WIRE_FIELD_TEXT(struct handover_body, client_name, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct handover_body, helo, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct handover_body, protocol, SUBMIT_PROTOCOL_MAX),
	WIRE_FIELD_TEXT(struct handover_body, login, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct handover_body, text, HANDOVER_TEXT_MAX),
};
struct wire_form const handover_body_form =
    WIRE_FORM(HANDOVER_BODY, body_fields);
struct wire_form const handover_ahead_form =
    WIRE_FORM(HANDOVER_AHEAD, body_fields);

static struct wire_field const outcome_ack_fields[] = {
	WIRE_FIELD_ID(struct handover_outcome_ack, id),
	WIRE_FIELD_U32(struct handover_outcome_ack, rcpt),
	WIRE_FIELD_U32(struct handover_outcome_ack, attempt),
};
struct wire_form const handover_outcome_ack_form =
    WIRE_FORM(HANDOVER_OUTCOME_ACK, outcome_ack_fields);

static struct wire_field const report_fields[] = {
	WIRE_FIELD_ID(struct handover_report, of),
	WIRE_FIELD_ID(struct handover_report, id),
	WIRE_FIELD_TEXT(struct handover_report, to, ADDR_TEXT_MAX),
	WIRE_FIELD_U8(struct handover_report, eightbit, 1),
	WIRE_FIELD_U8(struct handover_report, utf8, 1),
	WIRE_FIELD_U8(struct handover_report, warning, 1),
};
struct wire_form const handover_report_form =
    WIRE_FORM(HANDOVER_REPORT, report_fields);

static struct wire_field const reported_fields[] = {
	WIRE_FIELD_U32(struct handover_reported, rcpt),
};
struct wire_form const handover_reported_form =
    WIRE_FORM(HANDOVER_REPORTED, reported_fields);

static struct wire_field const report_text_fields[] = {
	WIRE_FIELD_TEXT(struct handover_report_text, octets, WIRE_BODY_MAX),
};
struct wire_form const handover_report_text_form =
    WIRE_FORM(HANDOVER_REPORT_TEXT, report_text_fields);

static struct wire_field const report_end_fields[] = {
	WIRE_FIELD_U32(struct handover_report_end, rcpts),
	WIRE_FIELD_U64(struct handover_report_end, size),
};
struct wire_form const handover_report_end_form =
    WIRE_FORM(HANDOVER_REPORT_END, report_end_fields);

static struct wire_field const report_ack_fields[] = {
	WIRE_FIELD_ID(struct handover_report_ack, of),
	WIRE_FIELD_U8(struct handover_report_ack, done, 1),
};
struct wire_form const handover_report_ack_form =
    WIRE_FORM(HANDOVER_REPORT_ACK, report_ack_fields);

static struct wire_field const expand_fields[] = {
	WIRE_FIELD_ID(struct handover_expand, id),
};
struct wire_form const handover_expand_form =
    WIRE_FORM(HANDOVER_EXPAND, expand_fields);

static struct wire_field const target_fields[] = {
	WIRE_FIELD_U32(struct handover_target, of),
	WIRE_FIELD_U32(struct handover_target, action),
	WIRE_FIELD_U8(struct handover_target, notify, NOTIFY_ALL),
	WIRE_FIELD_TEXT(struct handover_target, address, ADDR_TEXT_MAX),
};
struct wire_form const handover_target_form =
    WIRE_FORM(HANDOVER_TARGET, target_fields);

static struct wire_field const expand_end_fields[] = {
	WIRE_FIELD_U32(struct handover_expand_end, targets),
};
struct wire_form const handover_expand_end_form =
    WIRE_FORM(HANDOVER_EXPAND_END, expand_end_fields);

static struct wire_field const expand_ack_fields[] = {
	WIRE_FIELD_ID(struct handover_expand_ack, id),
	WIRE_FIELD_U8(struct handover_expand_ack, done, EXPANDED_NEVER),
};
struct wire_form const handover_expand_ack_form =
    WIRE_FORM(HANDOVER_EXPAND_ACK, expand_ack_fields);

static struct wire_field const order_fields[] = {
	WIRE_FIELD_ID(struct handover_order, id),
	WIRE_FIELD_U8(struct handover_order, order, ORDERS - 1),
};
struct wire_form const handover_order_form =
    WIRE_FORM(HANDOVER_ORDER, order_fields);

static struct wire_field const ending_fields[] = {
	WIRE_FIELD_U8(struct handover_ending, unused, 0),
};
struct wire_form const handover_ending_form =
    WIRE_FORM(HANDOVER_ENDING, ending_fields);
