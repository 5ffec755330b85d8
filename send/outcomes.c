/* SPDX-License-Identifier: ISC */
/* Keeps and repeats; looks at no outcome. */
#include <stdlib.h>
#include "send/outcomes.h"

enum { SEND_AHEAD = 1 << 20 };	/* octets of outcomes in the socket's queue */

/* An outcome until its ack, packed: its texts are its own. */
struct outcomes_kept {
	struct outcomes_kept *next;
	struct traceid id;
	uint32_t rcpt, attempt;
	size_t len;
	char frame[];
};

void
outcomes_init(struct outcomes *o)
{
	*o = (struct outcomes){ .first = NULL };
	o->end = &o->first;
}

void
outcomes_free(struct outcomes *o)
{
	while (o->first) {
		struct outcomes_kept *kept = o->first;

		o->first = kept->next;
		free(kept);
	}
	outcomes_init(o);
}

void
outcomes_add(struct outcomes *o, struct handover_outcome const *what)
{
	size_t size = wire_size(&handover_outcome_form, what);
	struct outcomes_kept *kept = malloc(sizeof *kept + size);

	if (!kept) return;
	*kept = (struct outcomes_kept){ .id = what->id, .rcpt = what->rcpt,
	    .attempt = what->attempt };
	kept->len = wire_pack(&handover_outcome_form, what, kept->frame, size);
	*o->end = kept;
	o->end = &kept->next;
	if (!o->unsent) o->unsent = kept;
}

void
outcomes_send(struct outcomes *o, struct peer *p)
{
	while (o->unsent && peer_is_open(p) && p->out.octets < SEND_AHEAD) {
		struct outcomes_kept const *kept = o->unsent;
		struct handover_outcome what;

		wire_unpack(&handover_outcome_form, &what,
		    slice_from(kept->frame, kept->len));
		if (!peer_send(p, &handover_outcome_form, &what, -1)) return;
		o->unsent = kept->next;
	}
}

void
outcomes_send_again(struct outcomes *o, struct peer *p)
{
	o->unsent = o->first;
	outcomes_send(o, p);
}

bool
outcomes_acked(struct outcomes *o, struct handover_outcome_ack const *ack)
{
	struct outcomes_kept **at, *kept;

	/* nearly always the first: the queue keeps the order */
	for (at = &o->first; (kept = *at); at = &kept->next)
		if (kept->rcpt == ack->rcpt && kept->attempt == ack->attempt &&
		    traceid_eq(&kept->id, &ack->id))
			break;
	if (!kept) return false;
	if (o->unsent == kept) o->unsent = kept->next;
	*at = kept->next;
	if (!*at) o->end = at;
	free(kept);
	return true;
}
