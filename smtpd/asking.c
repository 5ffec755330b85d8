/* SPDX-License-Identifier: ISC */
/* A window of questions with the helper, and a line of those that wait for
 * it. */
#include "common/helper.h"
#include "smtpd/asking.h"

static bool
send_one(struct asking *a, struct tls_signing *s)
{
	struct signing_sign const wanted = { .key = s->key,
		.digest = (uint8_t)s->digest, .pss = s->pss,
		.content = s->content };
	char frame[TLS_CONTENT_MAX + 64];
	size_t len = wire_pack(&signing_sign_form, &wanted, frame,
	    sizeof frame);

	if (!len || !helper_send(a->socket, frame, len, -1)) return false;
	a->asked[(a->first + a->n++) % SIGNING_WINDOW] = s;
	return true;
}

bool
asking_ask(void *asking, struct tls_signing *signing)
{
	struct asking *a = asking;
	struct tls_signing **at = &a->waiting;

	if (a->n < SIGNING_WINDOW) return send_one(a, signing);
	while (*at)
		at = &(*at)->next;
	signing->next = NULL;
	*at = signing;
	return true;
}

void
asking_forget(void *asking, struct tls_signing *signing)
{
	struct asking *a = asking;
	struct tls_signing **at = &a->waiting;
	unsigned i;

	for (i = 0; i < SIGNING_WINDOW; i++)
		if (a->asked[i] == signing) a->asked[i] = NULL;
	while (*at && *at != signing)
		at = &(*at)->next;
	if (*at) *at = signing->next;
}

bool
asking_answered(struct asking *a, struct signing_signed const *answer)
{
	struct tls_signing *s, *next = a->waiting;

	if (!a->n) return false;
	s = a->asked[a->first];
	a->asked[a->first] = NULL;
	a->first = (a->first + 1) % SIGNING_WINDOW;
	a->n--;
	if (next) {
		a->waiting = next->next;
		/* a helper that is gone will be missed elsewhere */
		if (!send_one(a, next)) tls_signed(next);
	}
	if (!s) return true;
	s->len = answer->signature.len;
	memcpy(s->signature, answer->signature.s, s->len);
	tls_signed(s);
	return true;
}
