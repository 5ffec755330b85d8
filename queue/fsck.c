/* SPDX-License-Identifier: ISC */
/* Reads a spool as the next start would, and the message files too; opens
 * nothing for writing but the lock, and writes nothing at all. */
#include <skalibs/nonposix.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/crc32c.h"
#include "queue/envelope.h"
#include "queue/fsck.h"
#include "queue/recover.h"
#include "queue/segment.h"
#include "queue/spool.h"
#include "queue/store.h"

enum {
	SOUND = 0,
	UNSOUND = 1,
	IN_USE = 100,
	NOT_NOW = 111,
	PATIENCE_MS = 1000,	/* of people, before they see progress */
	PROGRESS_MS = 200
};

struct fsck {
	struct spool spool;
	struct journal journal;
	struct state state;
	struct recovery recovery;
	unsigned long long findings, kept;
	int64_t next_ms;	/* when to show progress again */
	bool terminal;		/* somebody may be waiting there */
	bool progress;		/* a line of it is on it */
	char piece[64 << 10];
};

static void
clear_progress(struct fsck *f)
{
	if (f->progress) fprintf(stderr, "\r%50s\r", "");
	f->progress = false;
}

static void
show_progress(struct fsck *f, char const *what, unsigned long long done,
    unsigned long long all)
{
	int64_t now_ms = f->terminal ? clock_monotonic_ms() : 0;

	if (!f->terminal || now_ms < f->next_ms) return;
	f->next_ms = now_ms + PROGRESS_MS;
	fprintf(stderr, "\r%llu of %llu %s", done, all, what);
	f->progress = true;
}

/* Names may hold anything. */
static void
print_name(char const *name)
{
	char escaped[LOG_ESCAPED_MAX];

	for (; *name; name++)
		printf("%.*s", (int)log_escape(escaped,
		    (unsigned char)*name, "", false), escaped);
}

/* One line: where, and what is wrong there. */
__attribute__((format(printf, 4, 5))) static void
finding(struct fsck *f, char const *folder, char const *name,
    char const *format, ...)
{
	va_list args;

	clear_progress(f);
	f->findings++;
	printf("%s/", folder);
	print_name(name);
	printf(": ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* The journal */

static void
damage(void *owner, struct damage const *d)
{
	struct fsck *f = owner;

	if (d->octets.len || d->from)
		finding(f, "journal", d->name, "%s at %u, %zu octets",
		    d->what, (unsigned)d->from, d->octets.len);
	else
		finding(f, "journal", d->name, "%s%s%s", d->what,
		    d->error ? ": " : "",
		    d->error ? strerror(d->error) : "");
}

static bool
read_journal(struct fsck *f)
{
	int more = 1;

	journal_init(&f->journal, NULL, NULL, f->spool.journal, f->spool.damaged,
	    NULL, NULL);
	f->recovery = (struct recovery){ .journal = &f->journal,
	    .state = &f->state, .dir = f->spool.journal,
	    .damaged_dir = f->spool.damaged, .only_look = true, .damage = damage,
	    .owner = f };
	if (!recover_begin(&f->recovery)) return false;
	journal_open(&f->journal);
	while (more == 1) {
		more = recover_step(&f->recovery);
		show_progress(f, "segments", f->recovery.at,
		    f->recovery.segments);
	}
	recover_end(&f->recovery);
	return more == 0;
}

/* Messages */

/* A file says nothing of its own: length and checksum are in the record. */
static char const *
judge_file(struct fsck *f, struct message const *m,
    struct record_message const *r)
{
	int fd = store_open(f->spool.mess, &m->by.id);
	uint32_t crc = 0;
	uint64_t at = 0;
	ssize_t n = 1;
	struct stat st;

	if (fd == -1) return strerror(errno);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return "is no regular file";
	}
	while (n > 0) {
		n = pread(fd, f->piece, sizeof f->piece, (off_t)at);
		if (n == -1 && errno == EINTR) n = 1;
		else if (n > 0) {
			crc = crc32c(crc, f->piece, (size_t)n);
			at += (uint64_t)n;
		}
	}
	close(fd);
	if (n == -1) return strerror(errno);
	if (at != r->size) return "has not the length that was written";
	return crc == r->crc ? NULL : "is not what was written";
}

static char const *
judge_body(struct fsck *f, struct message const *m,
    struct record_message const *r)
{
	struct slice text;
	char *octets = envelope_body(&f->journal, m, &text);

	if (!octets) return strerror(errno);
	free(octets);
	return text.len == r->size ? NULL :
	    "its text has not the length that was written";
}

static void
judge_message(struct fsck *f, struct message const *m)
{
	char name[TRACEID_TEXT + 1];
	struct envelope e;
	char const *why;

	if (envelope_open(&e, &f->journal, m, RECORD_MESSAGE_MAX)) {
		why = m->file ? judge_file(f, m, &e.message) :
		    judge_body(f, m, &e.message);
		envelope_close(&e);
	} else {
		why = strerror(errno);
	}
	if (why)
		finding(f, m->file ? "mess" : "message",
		    traceid_format(name, &m->by.id), "%s", why);
}

static void
judge_messages(struct fsck *f)
{
	struct message const *m;
	unsigned long long n = 0;

	for (m = f->state.oldest; m; m = m->newer) {
		judge_message(f, m);
		show_progress(f, "messages", ++n, f->state.map.n);
	}
}

/* Files */

static void
judge_in_journal(struct fsck *f, char const *name)
{
	uint16_t n;

	if (!segment_is_name(name, &n) && strcmp(name, "lock") &&
	    strcmp(name, "next"))
		finding(f, "journal", name, "is none of ours");
}

static void
judge_in_mess(struct fsck *f, char const *name)
{
	struct message const *m;
	struct traceid id;

	if (!traceid_parse(&id, slice_of(name))) {
		finding(f, "mess", name, "is none of ours");
		return;
	}
	m = state_find(&f->state, &id);
	if (!m || !m->file)
		finding(f, "mess", name, "belongs to no message; the next start removes it");
}

static void
count_kept(struct fsck *f, char const *name)
{
	(void)name;
	f->kept++;
}

static bool
each_file(struct fsck *f, int dir,
    void (*judge)(struct fsck *f, char const *name))
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!list) {
		if (fd != -1) close(fd);
		return false;
	}
	while ((entry = readdir(list)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			judge(f, entry->d_name);
	closedir(list);
	return true;
}

/* All of it */

static int
cannot(char const *what)
{
	strerr_warn(PROG, ": can't ", what, ": ", strerror(errno));
	return NOT_NOW;
}

/* Zero, or why not. */
static int
open_spool(struct fsck *f, char const *path)
{
	char const *why;

	if (spool_open(&f->spool, path, false, &why)) return 0;
	if (errno != EBUSY) return cannot(why);
	strerr_warn(PROG, ": the spool is in use: already running");
	return IN_USE;
}

static void
summarize(struct fsck const *f)
{
	printf("%zu messages, %llu records, %u segments", f->state.map.n,
	    (unsigned long long)f->recovery.records,
	    (unsigned)f->recovery.segments);
	if (f->recovery.torn)
		printf(", %llu places torn by a crash before they counted",
		    (unsigned long long)f->recovery.torn);
	if (f->kept) printf(", %llu files in damaged", f->kept);
	if (f->findings)
		printf(": %llu thing%s wrong\n", f->findings,
		    f->findings == 1 ? " is" : "s are");
	else
		printf(": sound\n");
}

int
fsck_run(char const *spool)
{
	static struct fsck f;
	int code = open_spool(&f, spool ? spool : ".");

	if (code) return code;
	f.terminal = isatty(STDERR_FILENO);
	f.next_ms = clock_monotonic_ms() + PATIENCE_MS;
	if (!read_journal(&f)) return cannot("read the journal");
	judge_messages(&f);
	if (!each_file(&f, f.spool.journal, judge_in_journal) ||
	    !each_file(&f, f.spool.mess, judge_in_mess) ||
	    !each_file(&f, f.spool.damaged, count_kept))
		return cannot("read the spool");
	clear_progress(&f);
	summarize(&f);
	if (fflush(stdout) == EOF || ferror(stdout))
		return cannot("write");
	return f.findings ? UNSOUND : SOUND;
}
