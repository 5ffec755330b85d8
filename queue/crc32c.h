/* SPDX-License-Identifier: ISC */
/* The checksum of journal records: CRC-32C (Castagnoli), as RFC 3720 appendix
 * B.4 has it. Pure. */
#ifndef MAILGRAVE_CRC32C_H
#define MAILGRAVE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* crc32c - of these octets; start is 0, or the result so far to go on */
uint32_t crc32c(uint32_t start, void const *octets, size_t len);

/* crc32c_table - the same on any processor */
uint32_t crc32c_table(uint32_t start, void const *octets, size_t len);

#endif
