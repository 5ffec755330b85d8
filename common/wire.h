/* SPDX-License-Identifier: ISC */
/* Frames and records: a struct and its field table, side by side. Packing and
 * unpacking walk the same rows, so two ends cannot disagree. Pure.
 *
 * A packed frame is its type (2 octets), then the fields in order: integers
 * big-endian in their own width, texts as a 4-octet length and the octets.
 * Nothing may be missing. Several may follow each other, without anything
 * between them. */
#ifndef MAILGRAVE_WIRE_H
#define MAILGRAVE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/slice.h"
#include "common/traceid.h"

enum {
	WIRE_FRAME_MAX = 65536,	/* one frame, packed */
	WIRE_BODY_MAX = 61440,	/* message octets in one frame */
	WIRE_STRUCT_MAX = 512	/* octets of the largest struct with a form */
};

enum wire_kind { WIRE_U8, WIRE_U32, WIRE_U64, WIRE_ID, WIRE_TEXT };

struct wire_field {
	enum wire_kind kind;
	size_t offset;
	uint64_t max;	/* largest value, or octets of a text */
};

#define WIRE_FIELD_U8(type, member, most) \
	{ WIRE_U8, offsetof(type, member), most }
#define WIRE_FIELD_U32(type, member) \
	{ WIRE_U32, offsetof(type, member), UINT32_MAX }
#define WIRE_FIELD_U64(type, member) \
	{ WIRE_U64, offsetof(type, member), UINT64_MAX }
#define WIRE_FIELD_ID(type, member) { WIRE_ID, offsetof(type, member), 0 }
#define WIRE_FIELD_TEXT(type, member, most) \
	{ WIRE_TEXT, offsetof(type, member), most }

/* What the two ends of a socket, or the writer and reader of a record, agreed
 * on. A U8 is a uint8_t, a text a struct slice in the struct. */
struct wire_form {
	uint16_t type;
	uint16_t fields;
	struct wire_field const *field;
};

#define WIRE_FORM(number, table) \
	{ .type = number, .fields = sizeof(table) / sizeof *(table), \
	  .field = table }

/* wire_type - of a packed frame; 0 when there is none */
uint16_t wire_type(struct slice frame);

/* wire_size - octets that wire_pack would write */
size_t wire_size(struct wire_form const *form, void const *values);

/* wire_pack - octets written to out, 0 when a value is over its cap or room
 * is less than wire_size */
size_t wire_pack(struct wire_form const *form, void const *values, char *out,
    size_t room);

/* wire_unpack - the reverse
 *   values  texts in it are views into frame
 *   false   another type, a value over its cap, octets missing or left over */
bool wire_unpack(struct wire_form const *form, void *values,
    struct slice frame);

/* wire_take - the same of the first of several: octets go on behind it. When it
 * returns false, they are of no use any more. */
bool wire_take(struct wire_form const *form, void *values,
    struct slice *octets);

/* wire_copy - values of this form, size octets of struct, and their texts, all
 * in one block that the caller frees; NULL: out of memory */
void *wire_copy(struct wire_form const *form, void const *values, size_t size);

/* wire_put_number, wire_get_number - big-endian in so many octets, at most 8;
 * put returns that number of octets */
size_t wire_put_number(char *out, uint64_t n, size_t octets);
uint64_t wire_get_number(char const *in, size_t octets);

#endif
