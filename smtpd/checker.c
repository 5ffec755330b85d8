/* SPDX-License-Identifier: ISC */
/* Hands names and passwords to helpers and hears yes or no. */
#include <skalibs/nonposix.h>
#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/jail.h"
#include "common/log.h"
#include "smtpd/checker.h"
#include "smtpd/users.h"

enum { USERS_MAX = 16 << 20 };	/* octets of the file */

/* The helper */

/* load - helpers share the descriptor's offset, so it isn't used */
static void
load(char **users, size_t *len, int fd)
{
	struct stat st;
	char *text = NULL;
	size_t n = 0;
	ssize_t got = 1;
	unsigned line = 0;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= USERS_MAX)
		text = malloc((size_t)st.st_size + 1);
	while (text && got > 0 && n < (size_t)st.st_size) {
		got = pread(fd, text + n, (size_t)st.st_size - n, (off_t)n);
		if (got > 0) n += (size_t)got;
	}
	close(fd);
	if (text && got >= 0) line = users_wrong(slice_from(text, n));
	if (!text || got < 0 || line) {
		log_event("reload-failed", LOG_TEXT("file", "users"),
		    LOG_NUMBER("line", line));
		free(text);
		return;
	}
	if (*users) explicit_bzero(*users, *len);
	free(*users);
	*users = text;
	*len = n;
}

/* As long for a name that there isn't. */
static bool
is_right(char const *users, size_t len, struct check_request const *r,
    struct crypt_data *data)
{
	struct slice hash;
	bool known = users_find(slice_from(users, len), slice_of(r->name),
	    &hash);
	char setting[CRYPT_OUTPUT_SIZE] = "";
	char const *made;
	unsigned char differs = 0;
	size_t i;

	memcpy(setting, hash.s ? hash.s : "", hash.len);
	made = crypt_r(r->password, setting, data);
	if (!known || !made || strlen(made) != hash.len) return false;
	for (i = 0; i < hash.len; i++)
		differs |= (unsigned char)(made[i] ^ hash.s[i]);
	return !differs;
}

/* A packet with a descriptor is another users file. */
static void
serve(int socket, void *owner)
{
	struct crypt_data *data = calloc(1, sizeof *data);
	struct check_request r;
	unsigned char right;
	char *users = NULL;
	char const *why;
	size_t len = 0;
	int fd;

	(void)owner;
	if (!data || !jail_seal(0, &why)) _exit(111);
	while (helper_receive(socket, &r, sizeof r, &fd) == sizeof r) {
		if (fd != -1) {
			load(&users, &len, fd);
			continue;
		}
		r.name[SASL_TEXT_MAX] = r.password[SASL_TEXT_MAX] = '\0';
		right = is_right(users, len, &r, data);
		explicit_bzero(&r, sizeof r);
		explicit_bzero(data, sizeof *data);
		if (!helper_send(socket, &right, sizeof right, -1)) break;
	}
}

/* The daemon */

static void
hand_over(struct checker_helper *h, struct check *check)
{
	h->work = check;
	h->busy = true;
	if (!helper_send(h->watch.fd, &check->request, sizeof check->request,
	    -1))
		h->all->lost();
	explicit_bzero(&check->request, sizeof check->request);
}

static void
next_check(struct checker_helper *h)
{
	struct check *check = h->all->first;

	if (!check) return;
	h->all->first = check->next;
	h->all->waiting--;
	hand_over(h, check);
}

static void
delayed(void *owner)
{
	struct check *check = owner;

	check->under_way = false;
	check->done(check->owner, false);
}

static void
ready(void *owner, uint32_t events)
{
	struct checker_helper *h = owner;
	struct loop *loop = h->all->loop;
	struct check *check = h->work;
	unsigned char right;
	int none;

	(void)events;
	if (helper_receive(h->watch.fd, &right, sizeof right, &none) !=
	    sizeof right || !h->busy) {
		h->all->lost();
		return;
	}
	h->work = NULL;
	h->busy = false;
	next_check(h);
	if (!check) return;
	if (!right) {
		loop_arm(loop, &check->delay,
		    loop->now_ms + CHECKER_DELAY_MS);
		return;
	}
	check->under_way = false;
	check->done(check->owner, true);
}

bool
checker_open(struct checker *c, struct loop *loop, int users,
    void (*lost)(void))
{
	unsigned i;

	*c = (struct checker){ .loop = loop, .lost = lost };
	for (i = 0; i < CHECKER_HELPERS; i++) {
		struct checker_helper *h = &c->helper[i];
		int fd = helper_fork("smtpd-auth", serve, NULL);

		*h = (struct checker_helper){ .all = c, .watch = { .fd = -1,
		    .ready = ready, .owner = h } };
		if (fd == -1 || !loop_watch(loop, &h->watch, fd, EPOLLIN))
			return false;
	}
	checker_users(c, users);
	return true;
}

void
checker_users(struct checker *c, int fd)
{
	struct check_request const none = { .name = "" };
	unsigned i;

	for (i = 0; i < CHECKER_HELPERS; i++)
		if (!helper_send(c->helper[i].watch.fd, &none, sizeof none, fd))
			log_event("reload-failed", LOG_TEXT("file", "users"),
			    LOG_SYS(errno));
	close(fd);
}

bool
check_start(struct checker *c, struct check *check)
{
	struct check **at = &c->first;
	unsigned i;

	check->all = c;
	check->next = NULL;
	check->delay = (struct timer){ .due = delayed, .owner = check };
	check->under_way = c->waiting < CHECKER_WAITING_MAX;
	if (!check->under_way) return false;
	for (i = 0; i < CHECKER_HELPERS; i++)
		if (!c->helper[i].busy) {
			hand_over(&c->helper[i], check);
			return true;
		}
	while (*at)
		at = &(*at)->next;
	*at = check;
	c->waiting++;
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
	loop_disarm(c->loop, &check->delay);
	for (i = 0; i < CHECKER_HELPERS; i++)
		if (c->helper[i].work == check) c->helper[i].work = NULL;
	for (at = &c->first; *at; at = &(*at)->next)
		if (*at == check) {
			*at = check->next;
			c->waiting--;
			break;
		}
	explicit_bzero(&check->request, sizeof check->request);
}
