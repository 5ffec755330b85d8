/* SPDX-License-Identifier: ISC */
/* The checksum: the vectors of RFC 3720 appendix B.4, and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "queue/crc32c.h"
#include "tests/seed.h"

static void
known_vectors(void **state)
{
	static unsigned char const scsi_read[48] = { 0x01, 0xc0, [16] = 0x14,
		[22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28,
		[40] = 0x02 };
	unsigned char octets[32];
	unsigned char i;

	(void)state;
	memset(octets, 0, sizeof octets);
	assert_int_equal(crc32c(0, octets, 32), 0x8a9136aa);
	memset(octets, 0xff, sizeof octets);
	assert_int_equal(crc32c(0, octets, 32), 0x62a8ab43);
	for (i = 0; i < 32; i++)
		octets[i] = i;
	assert_int_equal(crc32c(0, octets, 32), 0x46dd794e);
	for (i = 0; i < 32; i++)
		octets[i] = (unsigned char)(31 - i);
	assert_int_equal(crc32c(0, octets, 32), 0x113fdb5c);
	assert_int_equal(crc32c(0, scsi_read, 48), 0xd9963a56);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc32c(0, "", 0), 0);
}

/* One octet at a time, straight from the definition. */
static uint32_t
slowly(unsigned char const *p, size_t len)
{
	uint32_t crc = ~0u;
	int bit;

	for (; len; len--, p++) {
		crc ^= *p;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void
every_length_and_every_cut(void **state)
{
	unsigned char octets[100];
	size_t len, cut, i;

	(void)state;
	for (i = 0; i < sizeof octets; i++)
		octets[i] = (unsigned char)seed_next();
	for (len = 0; len <= sizeof octets; len++) {
		uint32_t whole = crc32c(0, octets, len);

		assert_int_equal(whole, slowly(octets, len));
		assert_int_equal(whole, crc32c_table(0, octets, len));
		for (cut = 0; cut <= len; cut++)
			assert_int_equal(crc32c(crc32c(0, octets, cut),
			    octets + cut, len - cut), whole);
	}
}

/* With the instruction, if this machine has it, and without; from any place. */
static void
both_ways_agree(void **state)
{
	static unsigned char octets[5000];
	size_t i, from, len;
	uint32_t start;

	(void)state;
	for (i = 0; i < sizeof octets; i++)
		octets[i] = (unsigned char)seed_next();
	for (i = 0; i < 2000; i++) {
		from = seed_below(64);
		len = seed_below(sizeof octets - 64);
		start = (uint32_t)seed_next();
		assert_int_equal(crc32c(start, octets + from, len),
		    crc32c_table(start, octets + from, len));
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(known_vectors),
		cmocka_unit_test(every_length_and_every_cut),
		cmocka_unit_test(both_ways_agree),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
