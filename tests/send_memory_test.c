/* SPDX-License-Identifier: ISC */
/* What mail that waits costs in memory, as the kernel counts it. */
#include <fcntl.h>
#include <unistd.h>
#include "tests/send_fake.h"

enum { MAILS = 100000, RCPTS = 100000, MAIL_MAX = 300, RCPT_MAX = 64 };

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

static size_t
resident(void)
{
	char text[100] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof text - 1);
	char *end;

	assert_true(n > 0);
	close(fd);
	strtoul(text, &end, 10);
	return strtoul(end, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void
tell_many(uint32_t n, uint32_t rcpts)
{
	uint32_t i;

	tell_mail_as(n, "somebody@example.org", false);
	for (i = 0; i < rcpts; i++) {
		char address[40];

		snprintf(address, sizeof address, "user%06u@example.org", i);
		tell_rcpt_as(n, (struct handover_rcpt){ .rcpt = i,
		    .attempt = 3, .wait_s = 3600,
		    .address = slice_of(address) });
	}
	tell_ready(n, rcpts);
}

/* With one recipient each. */
static void
a_mail_that_waits(void **state)
{
	size_t before, each;
	uint32_t n;

	(void)state;
	if (SANITIZED) return; /* its shadows would count, too */
	tell_many(MAILS, 1);
	before = resident();
	for (n = 0; n < MAILS; n++)
		tell_many(n, 1);
	each = (resident() - before) / MAILS;
	print_message("# %zu octets a mail with one recipient\n", each);
	assert_in_range(each, 1, MAIL_MAX);
}

static void
a_recipient_that_is_open(void **state)
{
	size_t before, each;
	uint32_t n;

	(void)state;
	if (SANITIZED) return; /* its shadows would count, too */
	tell_many(0, RCPTS / 10); /* the collecting buffers have grown */
	before = resident();
	for (n = 1; n <= 10; n++)
		tell_many(n, RCPTS / 10);
	each = (resident() - before) / RCPTS;
	print_message("# %zu octets a recipient\n", each);
	assert_in_range(each, 1, RCPT_MAX);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		/* this one first: it needs memory that wasn't used before */
		FAKE_TEST(a_recipient_that_is_open),
		FAKE_TEST(a_mail_that_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
