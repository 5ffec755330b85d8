/* SPDX-License-Identifier: ISC */
/* What BDAT announces (RFC 3030 section 2). Pure. */
#ifndef MAILGRAVE_SMTPD_CHUNK_H
#define MAILGRAVE_SMTPD_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

struct chunk {
	uint64_t left;		/* octets still to come */
	bool last;
	bool odd;		/* something else than LAST stood there: the
				 * octets come all the same */
};

enum chunk_size {
	CHUNK_NO_NUMBER,	/* nothing is announced */
	CHUNK_COUNTED,
	CHUNK_TOO_MANY		/* over size_max, and 2^31 at least: there is
				 * no use in waiting for their end */
};

/* chunk_parse - "SIZE" or "SIZE LAST"; *c is set for CHUNK_COUNTED */
enum chunk_size chunk_parse(struct chunk *c, struct slice argument,
    unsigned long long size_max);

#endif
