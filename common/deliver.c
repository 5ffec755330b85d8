/* SPDX-License-Identifier: ISC */
/* The frames of the deliver protocol: tables, no code. */
#include "common/deliver.h"

_Static_assert(sizeof(struct deliver_job) <= WIRE_STRUCT_MAX, "largest struct");

static struct wire_field const slots_fields[] = {
	WIRE_FIELD_U32(struct deliver_slots, jobs),
};
struct wire_form const deliver_slots_form =
    WIRE_FORM(DELIVER_SLOTS, slots_fields);

static struct wire_field const job_fields[] = {
	WIRE_FIELD_U32(struct deliver_job, job),
	WIRE_FIELD_ID(struct deliver_job, id),
	WIRE_FIELD_TEXT(struct deliver_job, sender, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, groups, SUBMIT_GROUPS_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, host, ADDR_DOMAIN_MAX),
	WIRE_FIELD_U32(struct deliver_job, port),
	WIRE_FIELD_U8(struct deliver_job, how, DELIVER_HOWS - 1),
	WIRE_FIELD_U8(struct deliver_job, tls, ROUTE_TLS_VERIFY),
	WIRE_FIELD_U8(struct deliver_job, use_login, 1),
	WIRE_FIELD_U64(struct deliver_job, size),
	WIRE_FIELD_U64(struct deliver_job, arrived_s),
	WIRE_FIELD_TEXT(struct deliver_job, envid, ENVID_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, client_address,
	    SUBMIT_ADDRESS_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, client_name, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, helo, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, protocol, SUBMIT_PROTOCOL_MAX),
	WIRE_FIELD_TEXT(struct deliver_job, login, SUBMIT_NAME_MAX),
	WIRE_FIELD_U8(struct deliver_job, ret, RETS - 1),
	WIRE_FIELD_U8(struct deliver_job, utf8, 1),
	WIRE_FIELD_U8(struct deliver_job, eightbit, 1),
	WIRE_FIELD_U8(struct deliver_job, maybe, 1),
	WIRE_FIELD_TEXT(struct deliver_job, text, HANDOVER_TEXT_MAX),
};
struct wire_form const deliver_job_form = WIRE_FORM(DELIVER_JOB, job_fields);

static struct wire_field const rcpt_fields[] = {
	WIRE_FIELD_U32(struct deliver_rcpt, job),
	WIRE_FIELD_U32(struct deliver_rcpt, rcpt),
	WIRE_FIELD_U32(struct deliver_rcpt, attempt),
	WIRE_FIELD_U32(struct deliver_rcpt, action),
	WIRE_FIELD_U8(struct deliver_rcpt, notify, NOTIFY_ALL),
	WIRE_FIELD_TEXT(struct deliver_rcpt, address, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct deliver_rcpt, orcpt, ORCPT_MAX),
};
struct wire_form const deliver_rcpt_form =
    WIRE_FORM(DELIVER_RCPT, rcpt_fields);

static struct wire_field const run_fields[] = {
	WIRE_FIELD_U32(struct deliver_run, job),
	WIRE_FIELD_U32(struct deliver_run, rcpts),
};
struct wire_form const deliver_run_form = WIRE_FORM(DELIVER_RUN, run_fields);

static struct wire_field const result_fields[] = {
	WIRE_FIELD_U32(struct deliver_result, job),
	WIRE_FIELD_U32(struct deliver_result, rcpt),
	WIRE_FIELD_U8(struct deliver_result, verdict, VERDICTS - 1),
	WIRE_FIELD_U8(struct deliver_result, ours, 1),
	WIRE_FIELD_U8(struct deliver_result, dsn, 1),
	WIRE_FIELD_TEXT(struct deliver_result, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct deliver_result, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct deliver_result, words, WORDS_MAX),
};
struct wire_form const deliver_result_form =
    WIRE_FORM(DELIVER_RESULT, result_fields);
