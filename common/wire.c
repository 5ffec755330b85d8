/* SPDX-License-Identifier: ISC */
/* Packs structs by their field tables and unpacks octets just as strictly;
 * knows no message. */
#include <stdlib.h>
#include "common/wire.h"

size_t
wire_put_number(char *out, uint64_t n, size_t octets)
{
	size_t i;

	for (i = octets; i-- > 0; n >>= 8)
		out[i] = (char)(n & 0xff);
	return octets;
}

uint64_t
wire_get_number(char const *in, size_t octets)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < octets; i++)
		n = n << 8 | (unsigned char)in[i];
	return n;
}

/* Octets of a field that are always there: a text's length, or all of it. */
static size_t const fixed[] = {
	[WIRE_U8] = 1,
	[WIRE_U32] = 4,
	[WIRE_U64] = 8,
	[WIRE_ID] = TRACEID_OCTETS,
	[WIRE_TEXT] = 4,
};

static uint64_t
field_number(struct wire_field const *f, void const *values)
{
	char const *at = (char const *)values + f->offset;

	switch (f->kind) {
	case WIRE_U8:
		return *(uint8_t const *)at;
	case WIRE_U32:
		return *(uint32_t const *)(void const *)at;
	case WIRE_U64:
		return *(uint64_t const *)(void const *)at;
	case WIRE_TEXT:
		return ((struct slice const *)(void const *)at)->len;
	case WIRE_ID:
		break;
	}
	return 0;
}

uint16_t
wire_type(struct slice frame)
{
	return frame.len < 2 ? 0 : (uint16_t)wire_get_number(frame.s, 2);
}

size_t
wire_size(struct wire_form const *form, void const *values)
{
	size_t n = 2, i;

	for (i = 0; i < form->fields; i++) {
		struct wire_field const *f = &form->field[i];

		n += fixed[f->kind];
		if (f->kind == WIRE_TEXT) n += field_number(f, values);
	}
	return n;
}

size_t
wire_pack(struct wire_form const *form, void const *values, char *out,
    size_t room)
{
	size_t n, i;

	if (wire_size(form, values) > room) return 0;
	n = wire_put_number(out, form->type, 2);
	for (i = 0; i < form->fields; i++) {
		struct wire_field const *f = &form->field[i];
		char const *at = (char const *)values + f->offset;
		uint64_t number = field_number(f, values);

		if (f->kind == WIRE_ID) {
			memcpy(out + n, at, TRACEID_OCTETS);
			n += TRACEID_OCTETS;
			continue;
		}
		if (number > f->max) return 0;
		n += wire_put_number(out + n, number, fixed[f->kind]);
		if (f->kind == WIRE_TEXT && number) {
			memcpy(out + n,
			    ((struct slice const *)(void const *)at)->s,
			    number);
			n += number;
		}
	}
	return n;
}

bool
wire_take(struct wire_form const *form, void *values, struct slice *octets)
{
	struct slice frame = *octets;
	size_t i;

	if (wire_type(frame) != form->type) return false;
	frame = slice_skip(frame, 2);
	for (i = 0; i < form->fields; i++) {
		struct wire_field const *f = &form->field[i];
		char *at = (char *)values + f->offset;
		uint64_t number = 0;

		if (frame.len < fixed[f->kind]) return false;
		if (f->kind != WIRE_ID)
			number = wire_get_number(frame.s, fixed[f->kind]);
		if (number > f->max) return false;
		switch (f->kind) {
		case WIRE_U8:
			*(uint8_t *)at = (uint8_t)number;
			break;
		case WIRE_U32:
			*(uint32_t *)(void *)at = (uint32_t)number;
			break;
		case WIRE_U64:
			*(uint64_t *)(void *)at = number;
			break;
		case WIRE_ID:
			memcpy(at, frame.s, TRACEID_OCTETS);
			break;
		case WIRE_TEXT:
			if (frame.len - fixed[f->kind] < number) return false;
			*(struct slice *)(void *)at = slice_from(
			    frame.s + fixed[f->kind], number);
			frame = slice_skip(frame, number);
			break;
		}
		frame = slice_skip(frame, fixed[f->kind]);
	}
	*octets = frame;
	return true;
}

bool
wire_unpack(struct wire_form const *form, void *values, struct slice frame)
{
	return wire_take(form, values, &frame) && !frame.len;
}

void *
wire_copy(struct wire_form const *form, void const *values, size_t size)
{
	char *copy = malloc(size + wire_size(form, values)), *end;
	size_t i;

	if (!copy) return NULL;
	memcpy(copy, values, size);
	end = copy + size;
	for (i = 0; i < form->fields; i++) {
		struct wire_field const *f = &form->field[i];
		struct slice *text = (void *)(copy + f->offset);

		if (f->kind != WIRE_TEXT) continue;
		if (text->len) memcpy(end, text->s, text->len);
		text->s = end;
		end += text->len;
	}
	return copy;
}
