/* SPDX-License-Identifier: ISC */
/* Options as a user gives them: each kind, each limit, each complaint. The
 * parser ends the process, so each try is a child. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/option.h"

enum { MISUSE = 64, PARSED = 7 };

struct options {
	bool flag;
	char const *text;
	unsigned long long number, size;
	char calls[16];
};

static bool
take(void *options, char const *argument, char const **why)
{
	struct options *o = options;

	if (!argument) argument = "u";
	*why = "is no vowel";
	if (!strchr("aeiou", *argument)) return false;
	o->calls[strlen(o->calls)] = *argument;
	return true;
}

static struct option_row const rows[] = {
	{ "flag", NULL, OPTION_FLAG, offsetof(struct options, flag), 0, 0,
	  NULL, 'f', "a switch" },
	{ "text", "WORD", OPTION_TEXT, offsetof(struct options, text), 0, 0,
	  NULL, 't', "a word" },
	{ "number", "N", OPTION_NUMBER, offsetof(struct options, number), 3,
	  1023, NULL, 0, "a number" },
	{ "size", "SIZE", OPTION_SIZE, offsetof(struct options, size), 1,
	  ~0ULL, NULL, 0, "octets" },
};

static struct option_row const more[] = {
	{ "call-me-with-a-vowel", "LETTER", OPTION_CALL, 0, 0, 0, take, 'c',
	  "one of five" },
	{ NULL, "LETTER", OPTION_CALL, 0, 0, 0, take, 'd', "never shown" },
	{ NULL, "[LETTER]", OPTION_CALL, 0, 0, 0, take, 'e', "never shown" },
};

static struct option_page const page = { .program = "prog",
	.synopsis = "[option ...]", .purpose = "Does nothing.",
	.notes = "See nowhere." };

/* What a child said and how it ended; parsed tells what it had found. */
static struct {
	int exit;
	char out[4096];
	struct options parsed;
	int operand;
} did;

static void
slurp(int fd, char *out, size_t room)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, out + len, room - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(fd);
}

static void
try(char *const *argv)
{
	int said[2], found[2], status, argc = 0;
	pid_t child;

	while (argv[argc])
		argc++;
	assert_int_equal(pipe(said), 0);
	assert_int_equal(pipe(found), 0);
	child = fork();
	assert_true(child != -1);
	if (!child) {
		struct option_table table[2] = { OPTION_TABLE(rows,
		    &did.parsed), OPTION_TABLE(more, &did.parsed) };

		dup2(said[1], 1);
		dup2(said[1], 2);
		memset(&did, 0, sizeof did);
		optind = 0;
		did.operand = option_parse(argc, argv, &page, table, 2,
		    MISUSE);
		if (write(found[1], &did, sizeof did) != sizeof did)
			_exit(99);
		_exit(PARSED);
	}
	close(said[1]);
	close(found[1]);
	memset(&did, 0, sizeof did);
	if (read(found[0], &did, sizeof did) == -1) fail();
	close(found[0]);
	slurp(said[0], did.out, sizeof did.out);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	did.exit = WEXITSTATUS(status);
}

#define TRY(...) try((char *[]){ "prog", __VA_ARGS__, NULL })

static void
each_kind_is_read(void **state)
{
	(void)state;
	TRY("--flag", "--text", "a b", "--number=3", "--size", "17k",
	    "--call-me-with-a-vowel", "a", "--call-me-with-a-vowel=e", "--",
	    "--operand");
	assert_int_equal(did.exit, PARSED);
	assert_true(did.parsed.flag);
	assert_int_equal(did.parsed.number, 3);
	assert_int_equal(did.parsed.size, 17 * 1024);
	assert_string_equal(did.parsed.calls, "ae");
	assert_int_equal(did.operand, 11);
	TRY("-f", "-ca", "-c", "o", "-tx");
	assert_int_equal(did.exit, PARSED);
	assert_true(did.parsed.flag);
	assert_string_equal(did.parsed.calls, "ao");
	TRY("--number", "10");
	assert_false(did.parsed.flag);
	assert_null(did.parsed.text);
}

static void
letters_alone(void **state)
{
	(void)state;
	TRY("-da", "-d", "e", "-ei", "-e", "o");
	assert_int_equal(did.exit, PARSED);
	assert_string_equal(did.parsed.calls, "aeiu");
	assert_int_equal(did.operand, 6);	/* "o" is one */
	TRY("-dx");
	assert_int_equal(did.exit, MISUSE);
	assert_string_equal(did.out, "prog: -d x: is no vowel\n");
	TRY("--=a");
	assert_int_equal(did.exit, MISUSE);
	TRY("--help");
	assert_null(strstr(did.out, "never shown"));
}

static void
refuses(char const *option, char const *argument, char const *said)
{
	TRY((char *)(size_t)option, (char *)(size_t)argument);
	assert_int_equal(did.exit, MISUSE);
	assert_string_equal(did.out, said);
}

static void
accepts_size(char const *argument, unsigned long long octets)
{
	TRY("--size", (char *)(size_t)argument);
	assert_int_equal(did.exit, PARSED);
	assert_true(did.parsed.size == octets);
}

static void
limits_are_exact(void **state)
{
	static char const *const bad[] = { "2", "1024", "", "-3", "+3", "3 ",
		"0x10", "3k", "18446744073709551619" };
	size_t i;

	(void)state;
	TRY("--number", "1023");
	assert_int_equal(did.parsed.number, 1023);
	TRY("--number", "3");
	assert_int_equal(did.parsed.number, 3);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		char said[200];

		snprintf(said, sizeof said, "prog: --number %s: takes a "
		    "number from 3 to 1023\n", bad[i]);
		refuses("--number", bad[i], said);
	}
}

static void
sizes_have_suffixes(void **state)
{
	static char const *const bad[] = { "0", "k", "1kk", "1T", "1 k",
		"18446744073709551616", "18014398509481984K",
		"17592186044416M", "17179869184G" };
	size_t i;

	(void)state;
	accepts_size("1", 1);
	accepts_size("2K", 2048);
	accepts_size("3m", 3ULL << 20);
	accepts_size("4G", 4ULL << 30);
	accepts_size("18446744073709551615", ~0ULL);
	accepts_size("18014398509481983K", 18014398509481983ULL << 10);
	accepts_size("17179869183g", 17179869183ULL << 30);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		TRY("--size", (char *)(size_t)bad[i]);
		assert_int_equal(did.exit, MISUSE);
		assert_non_null(strstr(did.out, "takes a number from 1 to"));
	}
}

static void
complaints_are_one_line(void **state)
{
	(void)state;
	TRY("--nonsense");
	assert_int_equal(did.exit, MISUSE);
	assert_string_equal(did.out, "prog: unknown option: --nonsense\n");
	TRY("-z");
	assert_int_equal(did.exit, MISUSE);
	assert_string_equal(did.out, "prog: unknown option: -z\n");
	TRY("--flag", "-zf");
	assert_string_equal(did.out, "prog: unknown option: -z\n");
	TRY("--text");
	assert_int_equal(did.exit, MISUSE);
	assert_string_equal(did.out,
	    "prog: option needs an argument: --text\n");
	TRY("--flag=yes");
	assert_int_equal(did.exit, MISUSE);
	assert_string_equal(did.out, "prog: unknown option: --flag=yes\n");
	refuses("--text", "", "prog: --text : must not be empty\n");
	refuses("-c", "x", "prog: --call-me-with-a-vowel x: is no vowel\n");
}

static void
help_shows_every_row(void **state)
{
	size_t i;

	(void)state;
	TRY("--help", "--nonsense");
	assert_int_equal(did.exit, 0);
	assert_ptr_equal(strstr(did.out, "usage: prog [option ...]\n"),
	    did.out);
	for (i = 0; i < 5; i++) {
		struct option_row const *r = i < 4 ? &rows[i] : more;
		char left[64];

		snprintf(left, sizeof left, "--%s%s%s", r->name,
		    r->argument ? " " : "", r->argument ? r->argument : "");
		assert_non_null(strstr(did.out, left));
		assert_non_null(strstr(did.out, r->help));
	}
	assert_non_null(strstr(did.out, "-f, --flag"));
	assert_non_null(strstr(did.out, "--help"));
	assert_non_null(strstr(did.out, "--version"));
	assert_non_null(strstr(did.out, page.notes));
	TRY("--version");
	assert_int_equal(did.exit, 0);
	assert_string_equal(did.out, "prog " MAILGRAVE_VERSION "\n");
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(each_kind_is_read),
		cmocka_unit_test(letters_alone),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(sizes_have_suffixes),
		cmocka_unit_test(complaints_are_one_line),
		cmocka_unit_test(help_shows_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
