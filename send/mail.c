/* SPDX-License-Identifier: ISC */
/* Packs, extends and searches; knows no time but due_ms. */
#include <stdlib.h>
#include "send/mail.h"

static size_t
body_size(size_t rcpts, size_t text_len)
{
	return rcpts * (sizeof(struct sched_rcpt) + sizeof(uint32_t)) +
	    text_len;
}

struct sched_mail *
mail_pack(struct sched_mail const *head, struct sched_rcpt const *rcpt,
    char const *text)
{
	struct sched_mail *m = malloc(sizeof *m +
	    body_size(head->rcpts, head->text_len));

	if (!m) return NULL;
	*m = *head;
	m->rcpt = (struct sched_rcpt *)(void *)(m + 1);
	m->waits = 0;
	m->apart = false;
	if (m->rcpts) memcpy(m->rcpt, rcpt, m->rcpts * sizeof *rcpt);
	if (m->text_len) memcpy(mail_text(m), text, m->text_len);
	return m;
}

bool
mail_extend(struct sched_mail *m, struct sched_rcpt const *rcpt,
    uint32_t rcpts, char const *text, uint32_t text_len)
{
	struct sched_mail old = *m;
	struct sched_rcpt *body;
	uint32_t i;

	body = malloc(body_size((size_t)m->rcpts + rcpts,
	    (size_t)m->text_len + text_len));
	if (!body) return false;
	memcpy(body, old.rcpt, old.rcpts * sizeof *body);
	memcpy(body + old.rcpts, rcpt, rcpts * sizeof *body);
	for (i = old.rcpts; i < old.rcpts + rcpts; i++)
		body[i].address += old.text_len;
	m->rcpt = body;
	m->rcpts += rcpts;
	m->text_len += text_len;
	m->waits = 0;
	m->apart = true;
	memcpy(mail_text(m), mail_text(&old), old.text_len);
	memcpy(mail_text(m) + old.text_len, text, text_len);
	if (old.apart) free(old.rcpt);
	return true;
}

void
mail_free(struct sched_mail *m)
{
	if (!m) return;
	if (m->apart) free(m->rcpt);
	free(m);
}

struct sched_rcpt *
mail_find(struct sched_mail const *m, uint32_t n)
{
	uint32_t low = 0, high = m->rcpts;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (m->rcpt[middle].n == n) return &m->rcpt[middle];
		if (m->rcpt[middle].n < n)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* A binary heap of places; those due together keep the order of the mail. */

static bool
is_before(struct sched_mail const *m, uint32_t a, uint32_t b)
{
	if (m->rcpt[a].due_ms != m->rcpt[b].due_ms)
		return m->rcpt[a].due_ms < m->rcpt[b].due_ms;
	return a < b;
}

void
mail_push_waiting(struct sched_mail *m, struct sched_rcpt const *r)
{
	uint32_t *heap = mail_heap(m), at = m->waits++;
	uint32_t place = mail_place_of(m, r);

	while (at && is_before(m, place, heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = place;
}

void
mail_pop_waiting(struct sched_mail *m)
{
	uint32_t *heap = mail_heap(m), at = 0, child;
	uint32_t last = heap[--m->waits];

	while ((child = 2 * at + 1) < m->waits) {
		if (child + 1 < m->waits &&
		    is_before(m, heap[child + 1], heap[child]))
			child++;
		if (!is_before(m, heap[child], last)) break;
		heap[at] = heap[child];
		at = child;
	}
	if (m->waits) heap[at] = last;
}
