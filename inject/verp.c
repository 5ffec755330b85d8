/* SPDX-License-Identifier: ISC */
/* Puts a recipient into a sender's local part; asks nobody. */
#include <string.h>
#include "inject/verp.h"

bool
verp_delimiters_valid(char const *text)
{
	return strspn(text, "-+=") == 2 && !text[2];
}

static bool
append(struct addr *to, struct slice text)
{
	if (text.len > (size_t)(ADDR_LOCAL_MAX - to->local_len)) return false;
	memcpy(to->local + to->local_len, text.s, text.len);
	to->local_len = (unsigned short)(to->local_len + text.len);
	return true;
}

bool
verp_sender(struct addr const *owner, struct addr const *rcpt,
    char const *delimiters, struct addr *sender)
{
	*sender = *owner;
	return append(sender, slice_from(delimiters, 1)) &&
	    append(sender, addr_local(rcpt)) &&
	    append(sender, slice_from(delimiters + 1, 1)) &&
	    append(sender, addr_domain(rcpt));
}
