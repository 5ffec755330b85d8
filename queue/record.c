/* SPDX-License-Identifier: ISC */
/* Records to octets and back; touches no file. */
#include "queue/crc32c.h"
#include "queue/record.h"
#include "common/handover.h"

_Static_assert(RECORD_BODY_MAX + 1024 < RECORD_MAX, "a body fits a record");
_Static_assert(sizeof(struct record_message) <= WIRE_STRUCT_MAX, "largest");
_Static_assert(RECORD_HEAD + 256 + ADDR_TEXT_MAX + SUBMIT_GROUPS_MAX +
    ENVID_MAX + SUBMIT_ADDRESS_MAX + 3 * SUBMIT_NAME_MAX +
    SUBMIT_PROTOCOL_MAX <= RECORD_MESSAGE_MAX, "a MESSAGE record fits");

static struct wire_field const segment_fields[] = {
	WIRE_FIELD_U64(struct record_segment, number),
	WIRE_FIELD_U64(struct record_segment, last),
	WIRE_FIELD_U64(struct record_segment, oldest),
};
struct wire_form const record_segment_form =
    WIRE_FORM(RECORD_SEGMENT, segment_fields);

static struct wire_field const message_fields[] = {
	WIRE_FIELD_ID(struct record_message, id),
	WIRE_FIELD_TEXT(struct record_message, sender, ADDR_TEXT_MAX),
	WIRE_FIELD_TEXT(struct record_message, groups, SUBMIT_GROUPS_MAX),
	WIRE_FIELD_U64(struct record_message, arrived_s),
	WIRE_FIELD_U64(struct record_message, size),
	WIRE_FIELD_U32(struct record_message, rcpts),
	WIRE_FIELD_U8(struct record_message, eightbit, 1),
	WIRE_FIELD_U8(struct record_message, file, 1),
	WIRE_FIELD_TEXT(struct record_message, envid, ENVID_MAX),
	WIRE_FIELD_TEXT(struct record_message, client_address,
	    SUBMIT_ADDRESS_MAX),
	WIRE_FIELD_TEXT(struct record_message, client_name, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct record_message, helo, SUBMIT_NAME_MAX),
	WIRE_FIELD_TEXT(struct record_message, protocol, SUBMIT_PROTOCOL_MAX),
	WIRE_FIELD_TEXT(struct record_message, login, SUBMIT_NAME_MAX),
	WIRE_FIELD_U8(struct record_message, utf8, 1),
	WIRE_FIELD_U8(struct record_message, ret, RETS - 1),
	WIRE_FIELD_U32(struct record_message, crc),
	WIRE_FIELD_U32(struct record_message, uid),
	WIRE_FIELD_U8(struct record_message, held, 1),
	WIRE_FIELD_U8(struct record_message, given_up, 1),
};
struct wire_form const record_message_form =
    WIRE_FORM(RECORD_MESSAGE, message_fields);

static struct wire_field const rcpt_fields[] = {
	WIRE_FIELD_TEXT(struct record_rcpt, address, ADDR_TEXT_MAX),
	WIRE_FIELD_U32(struct record_rcpt, attempt),
	WIRE_FIELD_U32(struct record_rcpt, due_s),
	WIRE_FIELD_U32(struct record_rcpt, action),
	WIRE_FIELD_U8(struct record_rcpt, state, RCPT_STATES - 1),
	WIRE_FIELD_U8(struct record_rcpt, notify, NOTIFY_ALL),
	WIRE_FIELD_U8(struct record_rcpt, warned, 1),
	WIRE_FIELD_TEXT(struct record_rcpt, orcpt, ORCPT_MAX),
	WIRE_FIELD_TEXT(struct record_rcpt, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct record_rcpt, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct record_rcpt, words, WORDS_MAX),
};
struct wire_form const record_rcpt_form = WIRE_FORM(RECORD_RCPT, rcpt_fields);

static struct wire_field const body_fields[] = {
	WIRE_FIELD_TEXT(struct record_body, octets, RECORD_BODY_MAX),
};
struct wire_form const record_body_form = WIRE_FORM(RECORD_BODY, body_fields);

static struct wire_field const outcome_fields[] = {
	WIRE_FIELD_ID(struct record_outcome, id),
	WIRE_FIELD_U32(struct record_outcome, rcpt),
	WIRE_FIELD_U32(struct record_outcome, attempt),
	WIRE_FIELD_U32(struct record_outcome, due_s),
	WIRE_FIELD_U8(struct record_outcome, state, RCPT_STATES - 1),
	WIRE_FIELD_TEXT(struct record_outcome, status, STATUS_MAX),
	WIRE_FIELD_TEXT(struct record_outcome, where, HANDOVER_WHERE_MAX),
	WIRE_FIELD_TEXT(struct record_outcome, words, WORDS_MAX),
};
struct wire_form const record_outcome_form =
    WIRE_FORM(RECORD_OUTCOME, outcome_fields);

static struct wire_field const reported_fields[] = {
	WIRE_FIELD_ID(struct record_reported, id),
	WIRE_FIELD_U32(struct record_reported, rcpt),
	WIRE_FIELD_U8(struct record_reported, warning, 1),
};
struct wire_form const record_reported_form =
    WIRE_FORM(RECORD_REPORTED, reported_fields);

static struct wire_field const order_fields[] = {
	WIRE_FIELD_ID(struct record_order, id),
	WIRE_FIELD_U8(struct record_order, order, ORDERS - 1),
};
struct wire_form const record_order_form =
    WIRE_FORM(RECORD_ORDER, order_fields);

/* Where the parts of a head lie. */
enum { AT_CRC = 0, AT_LEN = 4, AT_EPOCH = 8, AT_SEQUENCE = 16, AT_CLOSES = 24,
       AT_OPENS = 25, AT_AHEAD = 28 };

static size_t
on_bound(size_t n)
{
	return (n + RECORD_BOUND - 1) & ~(size_t)(RECORD_BOUND - 1);
}

size_t
record_size(struct wire_form const *form, void const *values)
{
	return on_bound(RECORD_HEAD + wire_size(form, values));
}

size_t
record_put(char *out, struct wire_form const *form, void const *values,
    bool closes)
{
	size_t size = record_size(form, values), len;

	if (size > RECORD_MAX) return 0;
	len = wire_pack(form, values, out + RECORD_HEAD, size - RECORD_HEAD);
	if (!len) return 0;
	memset(out, 0, RECORD_HEAD);
	memset(out + RECORD_HEAD + len, 0, size - RECORD_HEAD - len);
	wire_put_number(out + AT_LEN, len, 4);
	wire_put_number(out + AT_CLOSES, closes, 1);
	return size;
}

size_t
record_seal(char *record, struct record_head const *head)
{
	size_t len = wire_get_number(record + AT_LEN, 4);

	wire_put_number(record + AT_EPOCH, head->epoch, 8);
	wire_put_number(record + AT_SEQUENCE, head->sequence, 8);
	wire_put_number(record + AT_OPENS, head->opens, 1);
	wire_put_number(record + AT_AHEAD, head->sequence - head->committed,
	    4);
	wire_put_number(record + AT_CRC,
	    crc32c(0, record + AT_LEN, RECORD_HEAD - AT_LEN + len), 4);
	return on_bound(RECORD_HEAD + len);
}

uint64_t
record_epoch(struct slice octets)
{
	return wire_get_number(octets.s + AT_EPOCH, 8);
}

size_t
record_get(struct slice octets, struct record_head *head, struct slice *frame)
{
	size_t len;

	if (octets.len < RECORD_HEAD) return 0;
	len = wire_get_number(octets.s + AT_LEN, 4);
	if (len < 2 || len > RECORD_MAX - RECORD_HEAD) return 0;
	if (len > octets.len - RECORD_HEAD) return 0;
	if (wire_get_number(octets.s + AT_CRC, 4) !=
	    crc32c(0, octets.s + AT_LEN, RECORD_HEAD - AT_LEN + len))
		return 0;
	head->epoch = wire_get_number(octets.s + AT_EPOCH, 8);
	head->sequence = wire_get_number(octets.s + AT_SEQUENCE, 8);
	head->committed = head->sequence - wire_get_number(octets.s + AT_AHEAD,
	    4);
	head->opens = octets.s[AT_OPENS] != 0;
	head->closes = octets.s[AT_CLOSES] != 0;
	*frame = slice_from(octets.s + RECORD_HEAD, len);
	return on_bound(RECORD_HEAD + len);
}
