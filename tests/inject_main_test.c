/* SPDX-License-Identifier: ISC */
/* The program itself, beside which this test lies in the build directory: what
 * it prints and how it ends, under both of its names. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/submit.h"
#include "common/unixsock.h"

enum { ARGUMENTS = 12, OUTPUT = 8192 };

static char program[4096];
static char directory[64];
static char out[OUTPUT], err[OUTPUT];

/* find_program - false where only the tests were built */
static bool
find_program(void)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 64);
	char *slash;

	assert_true(n > 0);
	program[n] = '\0';
	slash = strrchr(program, '/');
	assert_non_null(slash);
	strcpy(slash, "/../mailgrave-inject");
	return access(program, X_OK) == 0;
}

static int
set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	return chdir(directory);
}

static int
tear_down(void **state)
{
	(void)state;
	assert_int_equal(chdir("/"), 0);
	return rm_rf(directory);
}

static int
file(char const *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
take_text(char *text, int fd)
{
	ssize_t n = pread(fd, text, OUTPUT - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
}

/* run - the exit code; what it printed is in out and err */
static int
run(char const *path, char const *name, char const *input,
    char const *const *arguments)
{
	char const *argv[ARGUMENTS + 2] = { name };
	int fds[3] = { file(input), file(""), file("") }, status, i;
	pid_t pid;

	for (i = 0; i < ARGUMENTS && arguments[i]; i++)
		argv[i + 1] = arguments[i];
	pid = fork();
	if (!pid) {
		for (i = 0; i < 3; i++)
			dup2(fds[i], i);
		execv(path, (char *const *)argv);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	take_text(out, fds[1]);
	take_text(err, fds[2]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define HAS "From: x@y.test\nDate: z\nMessage-ID: <u@v>\n"
#define FIXED "--domain", "d.test", "--hostname", "h.test", "--dry-run"

static struct {
	char const *input;
	char const *arguments[ARGUMENTS];
	int code[2];		/* by our own name, as sendmail */
	char const *said;	/* a part of out, or of err when code isn't 0 */
} const rows[] = {
	{ HAS "To: a\n\nb\n", { FIXED, "-f", "me" }, { 0, 0 },
	  "MAIL FROM:<me@d.test>\nRCPT TO:<a@d.test>\n\n" HAS
	  "To: a@d.test\n\nb\n" },
	{ HAS "To: a@b.test\nBcc: c@b.test\n\n",
	  { FIXED, "-f", "", "e@b.test" }, { 0, 0 },
	  "MAIL FROM:<>\nRCPT TO:<e@b.test>\n\n" HAS "To: a@b.test\n\n" },
	{ HAS "To: a@b.test\n\n", { FIXED, "-t", "-f<>", "--", "-e@b.test" },
	  { 0, 0 },
	  "MAIL FROM:<>\nRCPT TO:<-e@b.test>\nRCPT TO:<a@b.test>\n" },
	{ "no header\n", { FIXED, "-F", "A B", "-f", "a@b.test", "c" },
	  { 0, 0 }, "From: \"A B\" <a@b.test>\n" },
	{ HAS "\n.\nb\n", { FIXED, "-i", "a" }, { 0, 0 }, "\n\n.\nb\n" },
	{ "x\n", { FIXED, "a b" }, { 100, 64 }, "a b: a name without" },
	{ "x\n", { FIXED, "-f", "a b", "c" }, { 100, 64 }, "a b: " },
	{ "x\n", { FIXED, "-F", "a\nb", "c" }, { 100, 64 }, "--name" },
	{ "x\n", { "--domain", "d..test", "c" }, { 100, 64 }, "--domain" },
	{ "x\n", { "--hostname", "h_", "--domain", "@", "c" }, { 100, 64 },
	  "--" },
	{ "x\n", { "--out", "a", "--spool", "b", "c" }, { 100, 64 },
	  "--spool" },
	{ "x\n", { "--unheard-of", "c" }, { 100, 64 }, "--unheard-of" },
	{ "x\n", { FIXED }, { 100, 65 }, "no recipients" },
	{ "To: a b\n\n", { FIXED }, { 100, 65 }, "To: a name without" },
	{ "x\ry\n", { FIXED, "a" }, { 100, 65 }, "CR" },
	{ HAS "\n", { FIXED, "-f", "me", "-Rhdrs", "-NDelay,failure",
	    "-VQQ+2B1", "a" }, { 0, 0 },
	  "MAIL FROM:<me@d.test> RET=hdrs ENVID=QQ+2B1\n"
	  "RCPT TO:<a@d.test> NOTIFY=failure,delay\n\n" },
	{ HAS "\n", { FIXED, "-f<>", "--ret", "FULL", "--notify=never", "a" },
	  { 0, 0 }, "MAIL FROM:<> RET=full\nRCPT TO:<a@d.test> NOTIFY=never\n" },
	{ HAS "\n", { FIXED, "-f", "me", "j\xc3\xb6@d.test" }, { 0, 0 },
	  "MAIL FROM:<me@d.test> SMTPUTF8\nRCPT TO:<j\xc3\xb6@d.test>\n" },
	{ HAS "\n", { FIXED, "-f", "j\xc3\xb6", "a" }, { 0, 0 },
	  "MAIL FROM:<j\xc3\xb6@d.test> SMTPUTF8\n" },
	{ "x\n", { "-N", "never,delay", "a" }, { 100, 64 }, "never" },
	{ "x\n", { "-N", "often", "a" }, { 100, 64 }, "often" },
	{ "x\n", { "-R", "half", "a" }, { 100, 64 }, "half" },
	{ "x\n", { "-V", "a b", "a" }, { 100, 64 }, "xtext" },
	{ "x\n", { "-V", "", "a" }, { 100, 64 }, "xtext" },
	{ "x\n", { "--out", "nowhere", "a" }, { 111, 75 }, "nowhere: " },
};

static void
test_rows(void **state)
{
	static char const *const names[] = { "mailgrave-inject", "sendmail" };
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		for (n = 0; n < 2; n++) {
			int code = run(program, names[n], rows[i].input,
			    rows[i].arguments);

			assert_int_equal(code, rows[i].code[n]);
			assert_non_null(strstr(code ? err : out,
			    rows[i].said));
			assert_int_equal(*(code ? out : err), '\0');
			if (code)
				assert_ptr_equal(strchr(err, '\n'),
				    err + strlen(err) - 1);
		}
}

/* What only sendmail knows. */
static struct {
	char const *input;
	char const *arguments[ARGUMENTS];
	int code;
	char const *said;	/* a part of out, or of err */
} const sendmail_rows[] = {
	{ HAS "To: a\n\n", { FIXED, "-r", "me", "-O", "smtputf8=yes" }, 0,
	  "MAIL FROM:<me@d.test> SMTPUTF8\n" },
	{ HAS "To: a\n\n", { FIXED, "-G", "-fme" }, 0,
	  "RCPT TO:<a@d.test>\n\n" HAS "To: a\n" },
	{ HAS "To: a\n\n", { FIXED, "-oi", "-oem", "-odb", "-B8BITMIME",
	    "-f", "me" }, 0, "MAIL FROM:<me@d.test>\n" },
	{ "x\n", { "-bd" }, 64, "-b d: the daemon is" },
	{ "x\n", { "-bl" }, 64, "-b l: the daemon is" },
	{ "x\n", { "-bD" }, 64, "-b D: the daemon is" },
	{ "x\n", { "-bx" }, 64, "-b x: no such mode" },
	{ "x\n", { "-bmm" }, 64, "-b mm: no such mode" },
	{ "x\n", { "-b", "" }, 64, "no such mode" },
	{ "x\n", { "-b" }, 64, "needs an argument" },
	{ "x\n", { "-W", "a" }, 64, "-W" },
	{ "x\n", { "--=1", "a" }, 64, "--=1" },
	{ "x\n", { "-B9BIT", "a" }, 64, "-B 9BIT: " },
	{ "x\n", { "-O", "smtputf8=perhaps", "a" }, 64, "neither yes" },
	{ "x\n", { "-Orequiretls=", "a" }, 64, "neither yes" },
	{ "x\n", { "-Orequiretls=yes", "a" }, 64, "RFC 8689" },
	{ "x\n", { "-XV+*", "a" }, 64, "-X V+*: delimiters" },
	{ "x\n", { "-XV+", "a" }, 64, "-X V+: delimiters" },
	{ "x\n", { "-XV+=-", "a" }, 64, "-X V+=-: delimiters" },
	{ "x\n", { "-XV", "-f", "", "a" }, 64, "-XV: reports need" },
	{ "x\n", { "-XV", "-f<>", "a" }, 64, "-XV: reports need" },
	{ HAS "\n", { FIXED, "-XV", "-fl", "b@b.test", "a" }, 0,
	  "MAIL FROM:<l+a=d.test@d.test>\nRCPT TO:<a@d.test>\n\nTo: " },
	{ HAS "\n", { FIXED, "-XV-+", "-fl", "b@b.test", "a" }, 0,
	  "MAIL FROM:<l-b+b.test@d.test>\nRCPT TO:<b@b.test>\n\nTo: " },
	{ HAS "\n", { FIXED, "-XV", "-fl", "\"b c\"@b.test", "a" }, 0,
	  "MAIL FROM:<\"l+b c=b.test\"@d.test>\n" },
	{ HAS "\n", { FIXED, "-XV", "-fl", "\xc3\xb6", "a" }, 0,
	  "MAIL FROM:<l+a=d.test@d.test>\nRCPT TO:<a@d.test>\n" },
	{ HAS "\n", { FIXED, "-XV", "-fl", "\xc3\xb6", "a" }, 0,
	  "MAIL FROM:<l+\xc3\xb6=d.test@d.test> SMTPUTF8\n" },
	{ HAS "\n", { FIXED, "-XV", "-fl", "--", "a",
	    "123456789012345678901234567890123456789012345678901234567"
	    "@b.test" }, 65, "-XV makes too long a sender for: 1234567" },
	{ "x\n", { "--out", "nowhere", "-XV", "a" }, 75, "nowhere: " },
	{ "x\n", { "-qI" }, 64, "which messages" },
	{ "x\n", { "-qRa..b" }, 64, "-q: a..b" },
	{ "x\n", { "-qSa b" }, 64, "-q: a b" },
	{ "x\n", { "-bv" }, 64, "no recipients" },
	{ "x\n", { "-bv", "a b" }, 64, "no address: a b" },
	{ "x\n", { "--spool", ".", "a" }, 64, "--spool" },
	{ "x\n", { "--out", "nowhere", "-q" }, 75, "no queue at nowhere" },
	{ "x\n", { "--out", "nowhere", "-bp" }, 75, "no queue at nowhere" },
	{ "x\n", { "--out", "nowhere", "-q30m" }, 0, "" },
	{ "x\n", { "--out", "nowhere", "-bd", "-q30m" }, 64, "the daemon is" },
	{ "x\n", { "--out", "nowhere", "-bi" }, 0, "" },
	{ "x\n", { "--out", "nowhere", "-I" }, 0, "" },
	{ "x\n", { "--out", "nowhere", "-bH" }, 0, "" },
};

static void
test_sendmail(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof sendmail_rows / sizeof *sendmail_rows; i++) {
		int code = run(program, "/usr/lib/sendmail",
		    sendmail_rows[i].input, sendmail_rows[i].arguments);

		assert_int_equal(code, sendmail_rows[i].code);
		assert_non_null(strstr(code ? err : out,
		    sendmail_rows[i].said));
		assert_int_equal(*(code ? out : err), '\0');
	}
}

/* Nothing to do, and nothing to say about it. */
static void
test_newaliases(void **state)
{
	char const *const arguments[ARGUMENTS] = { "-v" };

	(void)state;
	assert_int_equal(run(program, "newaliases", "", arguments), 0);
	assert_string_equal(out, "");
	assert_string_equal(err, "");
}

static void
test_dot(void **state)
{
	char const *const arguments[ARGUMENTS] = { FIXED, "a" };

	(void)state;
	assert_int_equal(run(program, "mailgrave-inject", HAS "\nb\n.\nc\n",
	    arguments), 0);
	assert_non_null(strstr(out, "\n\nb\n.\nc\n"));
	assert_int_equal(run(program, "/usr/sbin/sendmail", HAS "\nb\n.\nc\n",
	    arguments), 0);
	assert_non_null(strstr(out, "\n\nb\n"));
	assert_null(strstr(out, "c\n"));
}

static void
test_limits(void **state)
{
	static char const message[] = HAS "To: a@b.test\n\nbody\n";
	char const *arguments[ARGUMENTS] = { FIXED, "--max-size" };
	char const *const two[ARGUMENTS] = { FIXED, "--max-rcpt", "2", "a",
					     "b" };
	char const *const three[ARGUMENTS] = { FIXED, "--max-rcpt", "2", "a",
					       "b,c" };
	size_t size = sizeof message - 1, i;
	char number[32];

	(void)state;
	for (i = 0; message[i]; i++)
		if (message[i] == '\n') size++; /* as CRLF */
	arguments[6] = number;
	snprintf(number, sizeof number, "%zu", size);
	assert_int_equal(run(program, "mailgrave-inject", message, arguments),
	    0);
	snprintf(number, sizeof number, "%zu", size - 1);
	assert_int_equal(run(program, "mailgrave-inject", message, arguments),
	    100);
	assert_non_null(strstr(err, "--max-size"));
	assert_int_equal(run(program, "mailgrave-inject", message, two), 0);
	assert_int_equal(run(program, "mailgrave-inject", message, three),
	    100);
	assert_non_null(strstr(err, "too many recipients"));
}

static void
test_header_limit(void **state)
{
	enum { MOST = 256 << 10 };
	char const *const arguments[ARGUMENTS] = { FIXED, "a" };
	char *text = malloc(MOST + 4);
	size_t len;

	(void)state;
	assert_non_null(text);
	for (len = MOST; len <= MOST + 1; len++) {
		/* its LF leaves as CRLF, which is what counts */
		memset(text, 'x', len);
		memcpy(text, "X:", 2);
		strcpy(text + len - 2, "\n\n");
		assert_int_equal(run(program, "mailgrave-inject", text,
		    arguments), len > MOST ? 100 : 0);
	}
	assert_non_null(strstr(err, "header is too long"));
	free(text);
}

/* What a client asks for, as its arguments have it. */
static bool
as_given(struct slice frame)
{
	struct submit_open open;
	struct submit_rcpt rcpt;

	if (wire_unpack(&submit_open_form, &open, frame))
		return open.ret == RET_FULL && slice_is(open.envid, "Q") &&
		    open.utf8;
	if (wire_unpack(&submit_rcpt_form, &rcpt, frame))
		return rcpt.notify == NOTIFY_SUCCESS;
	return true;
}

static bool
eightbit(struct slice frame)
{
	struct submit_open open;

	return !wire_unpack(&submit_open_form, &open, frame) || open.eightbit;
}

static bool
sevenbit(struct slice frame)
{
	struct submit_open open;

	return !wire_unpack(&submit_open_form, &open, frame) || !open.eightbit;
}

/* queue_with - a queue that gives this answer to one submission, once it is
 * complete; its pid */
static pid_t
queue_with(struct submit_verdict const *verdict,
    bool (*asked)(struct slice frame))
{
	static char frame[WIRE_FRAME_MAX];
	struct submit_end end;
	int lock, listener = unixsock_bind("ctrl", (uid_t)-1, 0600, &lock);
	ssize_t n;
	pid_t pid;
	int fd;

	assert_true(listener != -1);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	if (pid) {
		close(listener);
		close(lock);
		return pid;
	}
	fcntl(listener, F_SETFL, 0);
	fd = accept(listener, NULL, NULL);
	while ((n = recv(fd, frame, sizeof frame, 0)) > 0) {
		if (!asked(slice_from(frame, (size_t)n))) _exit(3);
		if (wire_unpack(&submit_end_form, &end,
		    slice_from(frame, (size_t)n))) {
			n = (ssize_t)wire_pack(&submit_verdict_form, verdict,
			    frame, sizeof frame);
			_exit(send(fd, frame, (size_t)n, 0) == n ? 0 : 1);
		}
	}
	_exit(2);
}

static void
test_verdicts(void **state)
{
	static struct {
		struct submit_verdict verdict;
		int code[2];
		char const *said;
	} const answers[] = {
		{ { VERDICT_OK, SLICE("2.0.0"), SLICE("") }, { 0, 0 }, "" },
		{ { VERDICT_TEMP, SLICE("4.3.1"), SLICE("full") },
		  { 111, 75 }, "4.3.1: full" },
		{ { VERDICT_PERM, SLICE("5.7.1"), SLICE("go") }, { 100, 69 },
		  "5.7.1: go" },
	};
	static char const *const names[] = { "mailgrave-inject", "sendmail" };
	char const *const arguments[ARGUMENTS] = { "--out", "ctrl", "-Rfull",
	    "-N", "success", "-V", "Q", "\xc3\xb6@b.test" };
	size_t i;
	int n, status;

	(void)state;
	for (i = 0; i < sizeof answers / sizeof *answers; i++)
		for (n = 0; n < 2; n++) {
			pid_t pid = queue_with(&answers[i].verdict, as_given);

			assert_int_equal(run(program, names[n], "x\n",
			    arguments), answers[i].code[n]);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_int_equal(status, 0);
			assert_int_equal(*out, '\0');
			if (*answers[i].said)
				assert_non_null(strstr(err, answers[i].said));
			else
				assert_int_equal(*err, '\0');
		}
}

static bool
anything(struct slice frame)
{
	(void)frame;
	return true;
}

/* A queue that goes away behind the first of two messages. */
static void
test_half(void **state)
{
	static struct submit_verdict const fine = { VERDICT_OK,
	    SLICE("2.0.0"), SLICE("") };
	char const *const arguments[ARGUMENTS] = { "--out", "ctrl", "-XV",
	    "-fl@b.test", "a@b.test", "b@b.test" };
	pid_t pid = queue_with(&fine, anything);
	int status;

	(void)state;
	assert_int_equal(run(program, "sendmail", "x\n", arguments), 75);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_non_null(strstr(err, "queued for 1 of 2 recipients: the queue "
	    "went away: "));
}

/* Where it can't be known in time it is said, too. */
static void
test_8bit(void **state)
{
	static struct submit_verdict const fine = { VERDICT_OK,
	    SLICE("2.0.0"), SLICE("") };
	char const *const arguments[ARGUMENTS] = { "--out", "ctrl", "a@b.test" };
	char *large = calloc(1, 3 * WIRE_BODY_MAX);
	struct {
		char const *text;
		bool (*asked)(struct slice frame);
	} const mails[] = {
		{ "Subject: x\n\ny\n", sevenbit },
		{ "Subject: x\n\n\xc3\xb6\n", eightbit },
		{ large, eightbit },
	};
	size_t i;
	int status;

	(void)state;
	assert_non_null(large);
	for (i = 0; i < 2 * WIRE_BODY_MAX; i++)
		large[i] = i % 64 ? 'x' : '\n';
	strcpy(large + i, "\xc3\xb6\n");
	for (i = 0; i < sizeof mails / sizeof *mails; i++) {
		pid_t pid = queue_with(&fine, mails[i].asked);

		assert_int_equal(run(program, "mailgrave-inject",
		    mails[i].text, arguments), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	free(large);
}

/* The neighbour is the one beside our own program. */
static void
test_by_hand(void **state)
{
	static char const script[] = "#!/bin/sh\n"
	    "echo \"$*\" >&2; cat >&2; echo failed >&2; exit $(cat code)\n";
	char const *const arguments[ARGUMENTS] = { "--spool", "dir",
						   "a@b.test" };
	int fd = open("mailgrave-queue", O_WRONLY | O_CREAT | O_EXCL, 0700);
	int n;

	(void)state;
	assert_int_equal(write(fd, script, sizeof script - 1),
	    sizeof script - 1);
	close(fd);
	assert_true(filecopy_unsafe(program, "mailgrave-inject", 0700));
	for (n = 100; n <= 111; n += 11) {
		FILE *code = fopen("code", "w");

		assert_non_null(code);
		fprintf(code, "%d", n);
		fclose(code);
		assert_int_equal(run("mailgrave-inject", "mailgrave-inject",
		    "x\n", arguments), n);
		/* it got no part of our input, and nothing of our output */
		assert_string_equal(out, "");
		assert_non_null(strstr(err,
		    "--spool dir --in-fd 3\nfailed\nmailgrave-inject: "));
	}
	assert_int_equal(run("mailgrave-inject", "sendmail", "x\n", arguments),
	    64);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sendmail),
		cmocka_unit_test(test_newaliases),
		cmocka_unit_test(test_dot),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_header_limit),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_8bit),
		cmocka_unit_test(test_by_hand),
	};

	if (!find_program()) {
		puts("1..0 # SKIP mailgrave-inject is not built here");
		return 0;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
