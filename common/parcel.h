/* SPDX-License-Identifier: ISC */
/* One message that goes from a client straight to mailgrave-local, with no
 * queue between: its text in a memory file, its recipients as the routes expand
 * them, and what became of them: in one verdict for all, or in one for each. */
#ifndef MAILGRAVE_PARCEL_H
#define MAILGRAVE_PARCEL_H

#include "common/deliver.h"
#include "common/expand.h"
#include "common/submit.h"

enum {
	/* a reply line, or two; the rest is local's log */
	PARCEL_WORDS_MAX = 1000,
	/* octets of text in memory, all messages; one alone may be larger */
	PARCELS_HELD_MAX = 256 << 20
};

/* What all parcels share. */
struct parcels {
	/* set by the owner */
	char const *hostname;	/* of the Received line */
	bool each;		/* recipients fare by themselves, as in LMTP */

	uint64_t held;		/* octets of text in memory */
};

/* The worst so far: temporary is worse than permanent, for who tries again
 * hears the rest then. */
struct parcel_outcome {
	enum verdict verdict;
	char status[STATUS_MAX + 1];
	char words[PARCEL_WORDS_MAX + 1];
};

struct parcel_rcpt {
	struct submit_rcpt *said;
	struct expansion expansion;
	struct parcel_outcome outcome;
	struct parcel_rcpt *next;
};

/* One delivery. Texts are those of its recipient. */
struct parcel_target {
	struct parcel_rcpt *rcpt;
	struct slice address, orcpt;
	uint32_t action;
	uint8_t notify;
	bool done;
};

struct parcel {
	struct parcels *all;
	struct submit_open *open;
	struct parcel_rcpt *rcpt, **end;
	uint32_t rcpts;
	int text;		/* sealed by parcel_end */
	uint64_t size;		/* of the text with our Received line */
	uint64_t said;		/* without it */
	int64_t arrived_s;
	struct parcel_target *target;
	uint32_t targets, begun, owed;
	struct parcel_outcome outcome;	/* of all recipients together */
	void *owner;		/* who waits for the verdict; NULL: nobody */
	struct parcel *next, **at;	/* the carrier's */
};

/* parcel_new - a message begins
 *   open    is copied
 *   uid     who hands it in on this machine, or -1
 *   wall_s  now
 *   NULL    out of memory */
struct parcel *parcel_new(struct parcels *all, struct submit_open const *open,
    int64_t uid, int64_t wall_s);

/* parcel_rcpt - is copied; false: out of memory, or too many */
bool parcel_rcpt(struct parcel *p, struct submit_rcpt const *rcpt);

/* parcel_text - it goes on; what goes wrong shows in the verdict */
void parcel_text(struct parcel *p, struct slice octets);

/* parcel_end - it is complete: seal the text, look the recipients up
 *   false  there is nothing to deliver: what became of it is final. One
 *          recipient that can't be takes the others with it, for none has it
 *          yet, but not where each fares by itself. */
bool parcel_end(struct parcel *p, struct routes const *routes);

/* parcel_result - fold in what became of a target, and of its recipient */
void parcel_result(struct parcel *p, struct parcel_target *target,
    enum verdict verdict, struct slice status, struct slice words);

/* parcel_give_up - the same for those from this target on that have no result
 *   returns how many these were */
uint32_t parcel_give_up(struct parcel *p, uint32_t from, char const *words);

void parcel_free(struct parcel *p);

#endif
