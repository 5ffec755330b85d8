/* SPDX-License-Identifier: ISC */
/* Takes messages apart and puts them together; computes nothing. */
#include <stdio.h>
#include "common/base64.h"
#include "smtpd/scram.h"

_Static_assert(2 + SCRAM_NONCE_MAX + 4 * SCRAM_NONCE_OCTETS / 3 +
    3 + BASE64_LEN(VERIFIER_SALT_MAX) + 3 + 10 < SCRAM_SAID_MAX, "it fits");

/* take_attribute - "k=value" up to the next comma; in is advanced past that
 *   false  another key, or no attribute */
static bool
take_attribute(struct slice *in, char key, struct slice *value)
{
	size_t n = slice_find(*in, ',');

	if (n < 2 || in->s[0] != key || in->s[1] != '=') return false;
	*value = slice_from(in->s + 2, n - 2);
	*in = slice_skip(*in, n + 1);
	return true;
}

/* A comma is written =2C and an equals sign =3D. */
static bool
decode_name(char out[SCRAM_NAME_MAX + 1], struct slice in)
{
	size_t n = 0;

	if (!in.len || slice_find(in, '\0') < in.len) return false;
	while (in.len) {
		char c = *in.s;
		size_t taken = 1;

		if (c == '=') {
			taken = 3;
			if (in.len < taken) return false;
			c = memcmp(in.s, "=2C", taken) ? '=' : ',';
			if (c == '=' && memcmp(in.s, "=3D", taken))
				return false;
		}
		if (n == SCRAM_NAME_MAX) return false;
		out[n++] = c;
		in = slice_skip(in, taken);
	}
	out[n] = '\0';
	return true;
}

/* Printable, and no comma, which ended it. */
static bool
is_nonce(struct slice nonce)
{
	size_t i;

	for (i = 0; i < nonce.len; i++)
		if (nonce.s[i] <= ' ' || nonce.s[i] > '~') return false;
	return nonce.len && nonce.len <= SCRAM_NONCE_MAX;
}

/* take_header - "n,," or "y,,": no channel binding; maybe with whom it is for.
 * "y" says that we have none, and is right. */
static bool
take_header(struct slice *in, struct slice *whom)
{
	*whom = slice_from(NULL, 0);
	if (in->len < 2 || (*in->s != 'n' && *in->s != 'y') || in->s[1] != ',')
		return false;
	*in = slice_skip(*in, 2);
	if (!in->len || *in->s != ',') return take_attribute(in, 'a', whom);
	*in = slice_skip(*in, 1);
	return true;
}

static void
keep(struct scram *s, struct slice more)
{
	if (more.len) memcpy(s->exchange + s->exchange_len, more.s, more.len);
	s->exchange_len += more.len;
}

bool
scram_first(struct scram *s, struct slice message)
{
	struct slice rest = message, whom, name, nonce;
	char other[SCRAM_NAME_MAX + 1];

	s->exchange_len = s->said_len = 0;
	if (message.len > SCRAM_HEARD_MAX || !take_header(&rest, &whom))
		return false;
	s->header_len = message.len - rest.len;
	memcpy(s->header, message.s, s->header_len);
	keep(s, rest);
	if (!take_attribute(&rest, 'n', &name) ||
	    !take_attribute(&rest, 'r', &nonce) || !is_nonce(nonce) ||
	    !decode_name(s->name, name))
		return false;
	if (whom.s && (!decode_name(other, whom) || strcmp(other, s->name)))
		return false;
	memcpy(s->nonce, nonce.s, nonce.len);
	s->nonce_len = nonce.len;
	return true;
}

void
scram_ask(struct scram *s, unsigned char const *nonce,
    struct verifier const *v)
{
	char salt[BASE64_LEN(VERIFIER_SALT_MAX)];
	size_t len = base64_encode(salt,
	    slice_from((char const *)v->salt, v->salt_len));

	s->nonce_len += base64_encode(s->nonce + s->nonce_len,
	    slice_from((char const *)nonce, SCRAM_NONCE_OCTETS));
	s->said_len = (size_t)snprintf(s->said, sizeof s->said,
	    "r=%.*s,s=%.*s,i=%u", (int)s->nonce_len, s->nonce, (int)len, salt,
	    v->iterations);
	keep(s, SLICE(","));
	keep(s, slice_from(s->said, s->said_len));
	keep(s, SLICE(","));
}

/* It repeats how it began, so that nobody between can have changed that. */
static bool
repeats_header(struct scram const *s, struct slice binding)
{
	char octets[SCRAM_HEARD_MAX];
	size_t len;

	return binding.len <= SCRAM_HEARD_MAX &&
	    base64_decode(octets, &len, binding) &&
	    slice_eq(slice_from(octets, len),
	    slice_from(s->header, s->header_len));
}

/* The proof is the last attribute. */
static bool
take_proof(struct scram *s, struct slice *message)
{
	char octets[BASE64_LEN(DIGEST_OCTETS)];
	size_t const size = strlen(",p=") + BASE64_LEN(DIGEST_OCTETS);
	size_t len;
	struct slice proof;

	if (message->len < size) return false;
	message->len -= size;
	proof = slice_from(message->s + message->len, size);
	if (memcmp(proof.s, ",p=", 3) ||
	    !base64_decode(octets, &len, slice_skip(proof, 3)) ||
	    len != DIGEST_OCTETS)
		return false;
	memcpy(s->proof, octets, DIGEST_OCTETS);
	return true;
}

bool
scram_final(struct scram *s, struct slice message)
{
	struct slice rest, binding, nonce;

	if (message.len > SCRAM_HEARD_MAX || !take_proof(s, &message))
		return false;
	rest = message;
	if (!take_attribute(&rest, 'c', &binding) ||
	    !repeats_header(s, binding) ||
	    !take_attribute(&rest, 'r', &nonce) ||
	    !slice_eq(nonce, slice_from(s->nonce, s->nonce_len)))
		return false;
	keep(s, message);
	return true;
}

void
scram_agree(struct scram *s, unsigned char const *signature)
{
	memcpy(s->said, "v=", 2);
	s->said_len = 2 + base64_encode(s->said + 2, digest_slice(signature));
}
