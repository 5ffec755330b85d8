/* SPDX-License-Identifier: ISC */
/* CRC-32C eight octets at a time: by the instruction for it where the processor
 * has it, else by tables. */
#include <string.h>
#include "queue/crc32c.h"

static uint32_t table[8][256];

static void
make_tables(void)
{
	uint32_t n, crc;
	int bit, i;

	for (n = 0; n < 256; n++) {
		crc = n;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
		table[0][n] = crc;
	}
	for (n = 0; n < 256; n++)
		for (i = 1; i < 8; i++)
			table[i][n] = table[i - 1][n] >> 8 ^
			    table[0][table[i - 1][n] & 255];
}

uint32_t
crc32c_table(uint32_t start, void const *octets, size_t len)
{
	unsigned char const *p = octets;
	uint32_t crc = ~start;

	if (!table[0][1]) make_tables();
	for (; len >= 8; len -= 8, p += 8) {
		crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 |
		    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
		crc = table[7][crc & 255] ^ table[6][crc >> 8 & 255] ^
		    table[5][crc >> 16 & 255] ^ table[4][crc >> 24] ^
		    table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
		    table[0][p[7]];
	}
	for (; len; len--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 255];
	return ~crc;
}

#if defined __x86_64__
/* SSE4.2 */
__attribute__((target("sse4.2"))) static uint32_t
instruction(uint32_t start, void const *octets, size_t len)
{
	unsigned char const *p = octets;
	uint64_t crc = ~start, eight;
	uint32_t rest;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&eight, p, 8);
		crc = __builtin_ia32_crc32di(crc, eight);
	}
	rest = (uint32_t)crc;
	for (; len; len--, p++)
		rest = __builtin_ia32_crc32qi(rest, *p);
	return ~rest;
}

uint32_t
crc32c(uint32_t start, void const *octets, size_t len)
{
	return __builtin_cpu_supports("sse4.2") ?
	    instruction(start, octets, len) :
	    crc32c_table(start, octets, len);
}
#else
uint32_t
crc32c(uint32_t start, void const *octets, size_t len)
{
	return crc32c_table(start, octets, len);
}
#endif
