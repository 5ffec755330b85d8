/* SPDX-License-Identifier: ISC */
/* Files in mess/; knows no journal. */
#include <skalibs/nonposix.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "queue/store.h"

enum {
	SPARE_OCTETS = 8 << 20,	/* for the journal while space runs out */
	SPARE_FILES = 16
};

static int
open_named(int mess, struct traceid const *id, int flags)
{
	char name[TRACEID_TEXT + 1];

	return openat(mess, traceid_format(name, id),
	    flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int
store_create(int mess, struct traceid const *id)
{
	return open_named(mess, id, O_WRONLY | O_CREAT | O_EXCL);
}

int
store_open(int mess, struct traceid const *id)
{
	return open_named(mess, id, O_RDONLY);
}

void
store_remove(int mess, struct traceid const *id)
{
	char name[TRACEID_TEXT + 1];

	unlinkat(mess, traceid_format(name, id), 0);
}

/* Whoever can't be asked has all there is: writing will tell. */
static uint64_t
ask_for_room(int dir)
{
	struct statvfs fs;

	if (fstatvfs(dir, &fs) == -1) return UINT64_MAX;
	if (fs.f_files && fs.f_favail < SPARE_FILES) return 0;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

bool
store_has_room(struct room *r, int dir, uint64_t octets, int64_t now_ms)
{
	uint64_t need = octets + SPARE_OCTETS;

	if (now_ms >= r->until_ms || r->octets < need) {
		r->octets = ask_for_room(dir);
		r->until_ms = now_ms + ROOM_MS;
	}
	if (r->octets < need) return false;
	r->octets -= octets;
	return true;
}
