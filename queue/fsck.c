/* SPDX-License-Identifier: ISC */
/* Reads a spool as the next start would, and the message files too; opens
 * nothing for writing but the lock, and writes nothing at all. */
#include <skalibs/nonposix.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "queue/envelope.h"
#include "queue/finding.h"
#include "queue/fsck.h"
#include "queue/recover.h"
#include "queue/segment.h"
#include "queue/spool.h"
#include "queue/text.h"

enum {
	SOUND = 0,
	UNSOUND = 1,
	IN_USE = 100,
	NOT_NOW = 111
};

struct fsck {
	struct spool spool;
	struct journal journal;
	struct state state;
	struct recovery recovery;
	struct findings findings;
	unsigned long long kept;
};

/* The journal */

static void
damage(void *owner, struct damage const *d)
{
	struct fsck *f = owner;

	if (d->octets.len || d->from)
		finding(&f->findings, "journal", d->name, "%s at %u, %zu octets",
		    d->what, (unsigned)d->from, d->octets.len);
	else
		finding(&f->findings, "journal", d->name, "%s%s%s", d->what,
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
		finding_progress(&f->findings, "segments", f->recovery.at,
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
	struct text_check c;
	char const *why = NULL;
	struct stat st;
	int result;

	if (!text_check_begin(&c, f->spool.mess, m, r)) return strerror(errno);
	if (fstat(c.fd, &st) == -1 || !S_ISREG(st.st_mode))
		why = "is no regular file";
	else if ((uint64_t)st.st_size != r->size)
		why = "has not the length that was written";
	while (!why && (result = text_check_step(&c)))
		if (result == -1)
			why = errno == EBADMSG ? "is not what was written" :
			    strerror(errno);
	text_check_end(&c);
	return why;
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
		finding(&f->findings, m->file ? "mess" : "message",
		    traceid_format(name, &m->by.id), "%s", why);
}

static void
judge_messages(struct fsck *f)
{
	struct message const *m;
	unsigned long long n = 0;

	for (m = f->state.oldest; m; m = m->newer) {
		judge_message(f, m);
		finding_progress(&f->findings, "messages", ++n, f->state.map.n);
	}
}

/* Files */

static void
judge_in_journal(struct fsck *f, char const *name)
{
	uint16_t n;

	if (!segment_is_name(name, &n) && strcmp(name, "lock") &&
	    strcmp(name, "next"))
		finding(&f->findings, "journal", name, "is none of ours");
}

static void
judge_in_mess(struct fsck *f, char const *name)
{
	struct message const *m;
	struct traceid id;

	if (!traceid_parse(&id, slice_of(name))) {
		finding(&f->findings, "mess", name, "is none of ours");
		return;
	}
	m = state_find(&f->state, &id);
	if (!m || !m->file)
		finding(&f->findings, "mess", name,
		    "belongs to no message; the next start removes it");
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
	if (f->findings.n)
		printf(": %llu thing%s wrong\n", f->findings.n,
		    f->findings.n == 1 ? " is" : "s are");
	else
		printf(": sound\n");
}

int
fsck_run(char const *spool)
{
	static struct fsck f;
	int code = open_spool(&f, spool ? spool : ".");

	if (code) return code;
	findings_begin(&f.findings);
	if (!read_journal(&f)) return cannot("read the journal");
	judge_messages(&f);
	if (!each_file(&f, f.spool.journal, judge_in_journal) ||
	    !each_file(&f, f.spool.mess, judge_in_mess) ||
	    !each_file(&f, f.spool.damaged, count_kept))
		return cannot("read the spool");
	finding_clear(&f.findings);
	summarize(&f);
	if (fflush(stdout) == EOF || ferror(stdout))
		return cannot("write");
	return f.findings.n ? UNSOUND : SOUND;
}
