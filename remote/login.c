/* SPDX-License-Identifier: ISC */
/* The four mechanisms, a row each; never believes a challenge. */
#include <skalibs/nonposix.h>
#include <stdio.h>
#include "remote/login.h"

/* The answer number round, before base64; 0: there is none. */
enum { ANSWER_MAX = LOGIN_NAME_MAX + LOGIN_SECRET_MAX + 32 };

static size_t
put(char *out, size_t at, struct slice text)
{
	if (text.len) memcpy(out + at, text.s, text.len);
	return at + text.len;
}

static size_t
answer_plain(struct login const *l, unsigned round, struct slice challenge,
    char *out)
{
	size_t n = put(out, 0, SLICE("\0"));

	(void)challenge;
	if (round) return 0;
	n = put(out, n, slice_of(l->name));
	n = put(out, n, SLICE("\0"));
	return put(out, n, slice_of(l->secret));
}

static size_t
answer_login(struct login const *l, unsigned round, struct slice challenge,
    char *out)
{
	(void)challenge;
	if (round == 1) return put(out, 0, slice_of(l->name));
	if (round == 2) return put(out, 0, slice_of(l->secret));
	return 0;
}

static size_t
answer_cram(struct login const *l, unsigned round, struct slice challenge,
    char *out)
{
	unsigned char digest[LOGIN_DIGEST];
	char text[LOGIN_CHALLENGE_MAX];
	size_t i, n;

	if (round != 1 || challenge.len > BASE64_LEN(LOGIN_CHALLENGE_MAX - 2) ||
	    !base64_decode(text, &n, challenge) ||
	    !l->hmac(digest, slice_of(l->secret), slice_from(text, n)))
		return 0;
	n = put(out, 0, slice_of(l->name));
	n = put(out, n, SLICE(" "));
	for (i = 0; i < sizeof digest; i++)
		n += (size_t)snprintf(out + n, 3, "%02x", digest[i]);
	return n;
}

static size_t
answer_xoauth2(struct login const *l, unsigned round, struct slice challenge,
    char *out)
{
	size_t n;

	(void)challenge;
	if (round) return 0;
	n = put(out, 0, SLICE("user="));
	n = put(out, n, slice_of(l->name));
	n = put(out, n, SLICE("\001auth=Bearer "));
	n = put(out, n, slice_of(l->secret));
	return put(out, n, SLICE("\001\001"));
}

static struct {
	char const *name;
	bool first;	/* the command brings the first answer along */
	size_t (*answer)(struct login const *, unsigned, struct slice, char *);
} const mechanisms[LOGIN_MECHANISMS] = {
	[LOGIN_PLAIN] = { "PLAIN", true, answer_plain },
	[LOGIN_LOGIN] = { "LOGIN", false, answer_login },
	[LOGIN_CRAM_MD5] = { "CRAM-MD5", false, answer_cram },
	[LOGIN_XOAUTH2] = { "XOAUTH2", true, answer_xoauth2 },
};

char const *
login_name(enum login_mechanism mechanism)
{
	return mechanisms[mechanism].name;
}

unsigned
login_mechanism_bit(struct slice name)
{
	unsigned i;

	for (i = 0; i < LOGIN_MECHANISMS; i++)
		if (slice_is_nocase(name, mechanisms[i].name)) return 1U << i;
	return 0;
}

enum login_mechanism
login_choose(struct login const *l, unsigned offered, bool secure)
{
	static enum login_mechanism const order[2][3] = {
		{ LOGIN_CRAM_MD5, LOGIN_PLAIN, LOGIN_LOGIN },
		{ LOGIN_PLAIN, LOGIN_LOGIN, LOGIN_CRAM_MD5 },
	};
	size_t i;

	if (l->token)
		return offered & 1U << LOGIN_XOAUTH2 ? LOGIN_XOAUTH2 :
		    LOGIN_MECHANISMS;
	for (i = 0; i < 3; i++)
		if (offered & 1U << order[secure][i]) return order[secure][i];
	return LOGIN_MECHANISMS;
}

size_t
login_say(struct login const *l, enum login_mechanism mechanism,
    unsigned round, struct slice challenge, char *out)
{
	char answer[ANSWER_MAX];
	size_t n = 0, len = 0;

	if (!round) {
		n = put(out, n, SLICE("AUTH "));
		n = put(out, n, slice_of(login_name(mechanism)));
	}
	if (round || mechanisms[mechanism].first) {
		len = mechanisms[mechanism].answer(l, round, challenge, answer);
		/* XOAUTH2 tells its errors as a challenge, to be answered with
		 * an empty line */
		if (!len && !(mechanism == LOGIN_XOAUTH2 && round == 1))
			return 0;
		if (!round) n = put(out, n, SLICE(" "));
	}
	n += base64_encode(out + n, slice_from(answer, len));
	explicit_bzero(answer, sizeof answer);
	return put(out, n, SLICE("\r\n"));
}

static void
mask(char *text, size_t len, struct slice secret)
{
	char *at = text, *end = text + len;

	if (secret.len < LOGIN_MASK_MIN) return;
	while ((at = memmem(at, (size_t)(end - at), secret.s, secret.len))) {
		memset(at, '*', secret.len);
		at += secret.len;
	}
}

static void
mask_base64(char *text, size_t len, struct slice secret)
{
	char said[BASE64_LEN(ANSWER_MAX)];

	mask(text, len, slice_from(said, base64_encode(said, secret)));
	explicit_bzero(said, sizeof said);
}

void
login_mask(struct login const *l, char *text, size_t len)
{
	static enum login_mechanism const whole[] = { LOGIN_PLAIN,
		LOGIN_XOAUTH2 };
	char answer[ANSWER_MAX];
	size_t i;

	for (i = 0; i < sizeof whole / sizeof *whole; i++)
		mask_base64(text, len, slice_from(answer,
		    mechanisms[whole[i]].answer(l, 0, SLICE(""), answer)));
	explicit_bzero(answer, sizeof answer);
	if (strlen(l->secret) < LOGIN_MASK_MIN) return;
	mask_base64(text, len, slice_of(l->secret));
	mask(text, len, slice_of(l->secret));
}
