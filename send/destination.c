/* SPDX-License-Identifier: ISC */
/* Compares destinations; knows no mail. */
#include "send/destination.h"

bool
destination_eq(struct destination const *a, struct destination const *b)
{
	return a->channel == b->channel && a->port == b->port &&
	    a->how == b->how && a->tls == b->tls &&
	    a->use_login == b->use_login && !strcmp(a->host, b->host);
}

/* FNV-1a */
uint32_t
destination_hash(struct destination const *to)
{
	uint32_t hash = 2166136261u ^ (uint32_t)to->channel;
	char const *c;

	for (c = to->host; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	hash = (hash ^ to->port) * 16777619u;
	return (hash ^ (uint32_t)to->how) * 16777619u;
}
