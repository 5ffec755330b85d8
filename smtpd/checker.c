/* SPDX-License-Identifier: ISC */
/* Keeps helpers busy and delays bad news; knows no user. */
#include <string.h>
#include "common/helper.h"
#include "smtpd/checker.h"
#include "smtpd/server.h"

static void
hand_over(struct checker_helper *h, struct check *check)
{
	struct checker_order order = { .question = check->question };

	h->work = check;
	h->busy = true;
	if (!helper_send(h->watch.fd, &order, sizeof order, -1))
		h->all->lost();
	explicit_bzero(&order, sizeof order);
	explicit_bzero(&check->question, sizeof check->question);
}

static void
next_check(struct checker_helper *h)
{
	struct check *check = h->all->first;

	if (!check) return;
	h->all->first = check->next;
	hand_over(h, check);
}

/* Nobody can do more for it. */
static void
answered(struct check *check)
{
	if (!check->answered) check->all->under_way--;
	check->answered = true;
}

static void
end(struct check *check, struct sasl_answer const *answer)
{
	check->under_way = false;
	check->done(check->owner, answer);
}

static void
delayed(void *owner)
{
	struct check *check = owner;
	struct sasl_answer const bad = { .outcome = check->outcome };

	end(check, &bad);
}

/* What is not right is told from the loop, also when that is at once. */
void
check_conclude(struct check *check, struct sasl_answer const *answer)
{
	struct loop *loop = check->all->loop;
	int64_t when_ms = loop->now_ms;

	answered(check);
	check->outcome = answer->outcome;
	if (answer->outcome == SASL_RIGHT) {
		end(check, answer);
		return;
	}
	if (answer->outcome == SASL_WRONG && check->wrong(check->owner))
		when_ms = check->since_ms + CHECKER_DELAY_MS;
	loop_arm(loop, &check->delay, when_ms);
}

static void
ready(void *owner, uint32_t events)
{
	struct checker_helper *h = owner;
	struct check *check = h->work;
	struct checker_word word;
	int none;

	(void)events;
	if (helper_receive(h->watch.fd, &word, sizeof word, &none) !=
	    sizeof word || (!word.news && !h->busy)) {
		h->all->lost();
		return;
	}
	if (word.news) {
		h->all->verified(h->all->owner, word.verified);
		return;
	}
	h->work = NULL;
	h->busy = false;
	next_check(h);
	if (check) check_conclude(check, &word.answer);
}

bool
checker_add_helpers(struct checker *c, unsigned n, char const *name,
    void (*work)(int socket, void *owner), void *owner)
{
	for (c->helpers = 0; c->helpers < n; c->helpers++) {
		struct checker_helper *h = &c->helper[c->helpers];
		int fd = helper_fork(name, work, owner);

		*h = (struct checker_helper){ .all = c, .watch = { .fd = -1,
		    .ready = ready, .owner = h } };
		if (fd == -1 || !loop_watch(c->loop, &h->watch, fd, EPOLLIN))
			return false;
	}
	return true;
}

void
checker_reload(struct checker *c)
{
	struct checker_order const order = { .reload = true };
	unsigned i;

	for (i = 0; i < c->helpers; i++)
		if (!helper_send(c->helper[i].watch.fd, &order, sizeof order,
		    -1))
			c->lost();
}

static void
wait_for_helper(struct checker *c, struct check *check)
{
	struct check **at = &c->first;
	unsigned i;

	for (i = 0; i < c->helpers; i++)
		if (!c->helper[i].busy) {
			hand_over(&c->helper[i], check);
			return;
		}
	while (*at)
		at = &(*at)->next;
	*at = check;
}

bool
check_start(struct checker *c, struct check *check)
{
	check->all = c;
	check->next = NULL;
	check->delay = (struct timer){ .due = delayed, .owner = check };
	check->since_ms = c->loop->now_ms;
	check->under_way = c->under_way < CHECKER_WAITING_MAX;
	check->answered = !check->under_way;
	if (!check->under_way) return false;
	c->under_way++;
	if (c->server)
		server_ask(c->server, check);
	else
		wait_for_helper(c, check);
	return true;
}

void
check_cancel(struct check *check)
{
	struct checker *c = check->all;
	struct check **at;
	unsigned i;

	if (!check->under_way) return;
	check->under_way = false;
	answered(check);
	loop_disarm(c->loop, &check->delay);
	if (c->server) server_forget(c->server, check);
	for (i = 0; i < c->helpers; i++)
		if (c->helper[i].work == check) c->helper[i].work = NULL;
	for (at = &c->first; *at; at = &(*at)->next)
		if (*at == check) {
			*at = check->next;
			break;
		}
	explicit_bzero(&check->question, sizeof check->question);
}
