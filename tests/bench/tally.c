/* SPDX-License-Identifier: ISC */
/* One process writes while another reads: a count is one aligned word, and
 * copies are looked at when nothing comes any more. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tests/bench/mailing.h"
#include "tests/bench/tally.h"

struct tally *
tally_map(char const *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p = MAP_FAILED;

	if (fd == -1) return NULL;
	if (ftruncate(fd, sizeof(struct tally)) == 0)
		p = mmap(NULL, sizeof(struct tally), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

void
tally_add(struct tally *t, struct slice head)
{
	uint64_t number;

	if (mailing_number_in(head, &number) && number < TALLY_MAX &&
	    t->copies[number] < UINT8_MAX)
		t->copies[number]++;
	__atomic_store_n(&t->n, t->n + 1, __ATOMIC_RELEASE);
}
