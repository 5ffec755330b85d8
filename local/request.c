/* SPDX-License-Identifier: ISC */
/* The packets between worker and child: tables, no code. */
#include "local/request.h"

_Static_assert(sizeof(struct request) <= WIRE_STRUCT_MAX, "largest struct");
_Static_assert(REQUEST_PACKET_MAX >= 2 + 4 * 13 + 2 * ADDR_TEXT_MAX +
    SUBMIT_GROUPS_MAX + ORCPT_MAX + ENVID_MAX + SUBMIT_ADDRESS_MAX +
    3 * SUBMIT_NAME_MAX + SUBMIT_PROTOCOL_MAX + TRACEID_OCTETS + 32,
    "the longest request fits");

static struct wire_field const request_fields[] = {
	WIRE_FIELD_ID(struct request, id),
	WIRE_FIELD_U32(struct request, rcpt),
	WIRE_FIELD_U32(struct request, action),
	WIRE_FIELD_TEXT(struct request, sender, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct request, address, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct request, groups, SUBMIT_GROUPS_MAX),
	WIRE_FIELD_TEXT(struct request, orcpt, ORCPT_MAX),
	WIRE_FIELD_TEXT(struct request, envid, ENVID_MAX),
	WIRE_FIELD_TEXT(struct request, client_address, SUBMIT_ADDRESS_MAX),
	WIRE_FIELD_TEXT(struct request, client_name, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct request, helo, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct request, protocol, SUBMIT_PROTOCOL_MAX),
	WIRE_FIELD_TEXT(struct request, login, SUBMIT_NAME_MAX),
	WIRE_FIELD_U64(struct request, size),
	WIRE_FIELD_U64(struct request, arrived_s),
	WIRE_FIELD_U8(struct request, maybe, 1),
};
struct wire_form const request_form = WIRE_FORM(REQUEST, request_fields);

static struct wire_field const report_fields[] = {
	WIRE_FIELD_U8(struct report, verdict, VERDICTS - 1),
	WIRE_FIELD_U8(struct report, ours, 1),
	WIRE_FIELD_TEXT(struct report, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct report, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct report, words, REPORT_WORDS_MAX),
};
struct wire_form const report_form = WIRE_FORM(REPORT, report_fields);
