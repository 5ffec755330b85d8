/* SPDX-License-Identifier: ISC */
/* Answers from the users file, in a time that doesn't depend on whether there
 * is such a user. */
#include <skalibs/nonposix.h>
#include <crypt.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/helper.h"
#include "common/log.h"
#include "common/reader.h"
#include "smtpd/checker.h"
#include "smtpd/userbook.h"

struct book {
	int socket;
	char const *file;	/* as it was named */
	char const *path;	/* from where we are */
	char *text;
	size_t len;
	struct crypt_data *data;
};

static struct slice
text_of(struct book const *b)
{
	return slice_from(b->text, b->len);
}

static void
fail(struct book const *b, unsigned line, char const *why)
{
	if (line)
		log_event("reload-failed", LOG_TEXT("file", b->file),
		    LOG_NUMBER("line", line), LOG_TEXT("why", why));
	else
		log_event("reload-failed", LOG_TEXT("file", b->file),
		    LOG_SYS(errno));
}

/* load - and say what it means for AUTH; the old text stays when it can't be */
static bool
load(struct book *b, char const *path)
{
	struct checker_word word = { .news = true };
	size_t len = 0;
	char *text = file_slurp(path, USERBOOK_FILE_MAX, &len);
	char const *why = NULL;
	unsigned line = text ? users_wrong(slice_from(text, len), &why) : 0;

	if (!text || line) {
		fail(b, line, why);
		if (text) explicit_bzero(text, len);
		free(text);
		return true;
	}
	if (b->text) explicit_bzero(b->text, b->len);
	free(b->text);
	b->text = text;
	b->len = len;
	word.verified = users_verified(text_of(b));
	return helper_send(b->socket, &word, sizeof word, -1);
}

static bool
is_made_by(char const *password, struct slice hash, struct crypt_data *data)
{
	char setting[CRYPT_OUTPUT_SIZE] = "";
	char const *made;
	unsigned char differs = 0;
	size_t i;

	if (hash.len >= sizeof setting) return false;
	if (hash.len) memcpy(setting, hash.s, hash.len);
	made = crypt_r(password, setting, data);
	if (!made || strlen(made) != hash.len || *made == '*') return false;
	for (i = 0; i < hash.len; i++)
		differs |= (unsigned char)(made[i] ^ hash.s[i]);
	return !differs;
}

/* As long for a name that there isn't. */
static bool
is_right(struct book *b, struct sasl_question const *q)
{
	struct slice hash, first;
	bool known = users_find(text_of(b), slice_of(q->name), &hash, &first);
	struct verifier v;
	bool made;

	if (verifier_parse(&v, hash))
		made = verifier_is_password(&v, slice_of(q->password));
	else
		made = is_made_by(q->password, hash, b->data);
	explicit_bzero(b->data, sizeof *b->data);
	explicit_bzero(&v, sizeof v);
	return known && made;
}

/* A salt for who has none: always the same one, so that nobody can tell. What
 * nobody knows but us is the first user's hash. */
static void
invent_salt(struct verifier *v, struct slice name, struct slice first)
{
	unsigned char octets[DIGEST_OCTETS] = { 0 };

	if (!verifier_parse(v, first))
		*v = (struct verifier){ .salt_len = VERIFIER_SALT_MADE,
			.iterations = VERIFIER_ITERATIONS_MADE };
	if (v->salt_len > DIGEST_OCTETS) v->salt_len = DIGEST_OCTETS;
	digest_keyed(octets, first, name);
	memcpy(v->salt, octets, v->salt_len);
}

static void
find_salt(struct book const *b, struct sasl_question const *q,
    struct sasl_answer *a)
{
	struct slice hash, first, name = slice_of(q->name);
	struct verifier v, other;
	bool known = users_find(text_of(b), name, &hash, &first);

	invent_salt(&other, name, first);
	if (!verifier_parse(&v, hash) || !known) v = other;
	a->iterations = v.iterations;
	a->salt_len = v.salt_len;
	memcpy(a->salt, v.salt, sizeof a->salt);
	explicit_bzero(&v, sizeof v);
	explicit_bzero(&other, sizeof other);
}

static bool
is_proved(struct book const *b, struct sasl_question const *q,
    struct sasl_answer *a)
{
	struct slice hash, first;
	bool known = users_find(text_of(b), slice_of(q->name), &hash, &first);
	struct verifier v;
	bool proved = verifier_parse(&v, hash) &&
	    q->exchange_len <= sizeof q->exchange && verifier_proves(&v,
	    slice_from(q->exchange, q->exchange_len), q->proof, a->signature);

	explicit_bzero(&v, sizeof v);
	return known && proved;
}

static void
answer(struct book *b, struct sasl_question const *q, struct sasl_answer *a)
{
	bool right = true;

	a->outcome = SASL_UNKNOWN;
	if (!b->text) return;
	if (q->about == SASL_SALT)
		find_salt(b, q, a);
	else
		right = q->about == SASL_PROOF ? is_proved(b, q, a)
					       : is_right(b, q);
	a->outcome = right ? SASL_RIGHT : SASL_WRONG;
}

/* settle - go where the file is, if we may, and give up all else */
static void
settle(struct book *b, struct userbook *k)
{
	unsigned char unused[DIGEST_OCTETS];
	char *place = strdup(k->file), *name = strdup(k->file);
	char const *why;

	if (!place || !name) _exit(111);
	b->file = b->path = k->file;
	if (!load(b, k->file)) _exit(111);
	if (geteuid() == 0) {
		k->jail.root = dirname(place);
		b->path = basename(name);
	}
	/* libcrypto opens its own files at its first use */
	if (!jail_enter(&k->jail, &why) || !digest_of(unused, SLICE("")) ||
	    !jail_seal(JAIL_READ, &why))
		_exit(111);
}

void
userbook_work(int socket, void *owner)
{
	struct book b = { .socket = socket,
		.data = calloc(1, sizeof *b.data) };
	struct checker_order order;
	int none;

	if (!b.data) _exit(111);
	settle(&b, owner);
	while (helper_receive(socket, &order, sizeof order, &none) ==
	    sizeof order) {
		struct checker_word word = { .news = false };
		struct sasl_question *q = &order.question;

		if (order.reload) {
			if (!load(&b, b.path)) break;
			continue;
		}
		q->name[SASL_TEXT_MAX] = q->password[SASL_TEXT_MAX] = '\0';
		answer(&b, q, &word.answer);
		explicit_bzero(&order, sizeof order);
		if (!helper_send(socket, &word, sizeof word, -1)) break;
	}
}
