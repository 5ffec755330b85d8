/* SPDX-License-Identifier: ISC */
/* Addresses as rule files write them: the local part without quotes and
 * escapes, for the file's own quotes are gone by then. Pure. */
#ifndef MAILGRAVE_TARGET_H
#define MAILGRAVE_TARGET_H

#include "common/addr.h"

/* target_local_valid - 1 to ADDR_LOCAL_MAX octets of UTF-8, no control
 * characters. One with "@" in it can't be written here: that is a slip far more
 * often than a mailbox. */
bool target_local_valid(struct slice local);

/* target_domain_valid - what a mailbox can have behind its "@" */
bool target_domain_valid(struct slice domain);

/* target_domain_parse - the same into an address without local part; false
 * leaves *a undefined */
bool target_domain_parse(struct addr *a, struct slice domain);

/* target_parse - local@domain; false leaves *a undefined */
bool target_parse(struct addr *a, struct slice text);

#endif
