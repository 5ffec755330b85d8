/* SPDX-License-Identifier: ISC */
/* Computes; what came of whom is for others to know. */
#include <stdio.h>
#include "common/base64.h"
#include "smtpd/verifier.h"

static char const scheme[] = "{SCRAM-SHA-256}";

enum { OCTETS_MAX = VERIFIER_SALT_MAX };

/* take_part - up to the next comma, advanced past it */
static struct slice
take_part(struct slice *in)
{
	struct slice part = slice_from(in->s, slice_find(*in, ','));

	*in = slice_skip(*in, part.len + 1);
	return part;
}

static bool
take_octets(unsigned char *out, size_t *len, struct slice part)
{
	char octets[OCTETS_MAX + 2];
	bool good = part.len <= BASE64_LEN(OCTETS_MAX) &&
	    base64_decode(octets, len, part) && *len && *len <= OCTETS_MAX;

	if (good) memcpy(out, octets, *len);
	explicit_bzero(octets, sizeof octets);
	return good;
}

static bool
take_key(unsigned char out[DIGEST_OCTETS], struct slice part)
{
	unsigned char octets[OCTETS_MAX];
	size_t len;
	bool good = take_octets(octets, &len, part) && len == DIGEST_OCTETS;

	if (good) memcpy(out, octets, DIGEST_OCTETS);
	explicit_bzero(octets, sizeof octets);
	return good;
}

bool
verifier_parse(struct verifier *v, struct slice text)
{
	unsigned long long iterations;

	if (!slice_starts_nocase(text, scheme)) return false;
	text = slice_skip(text, strlen(scheme));
	if (!slice_number(take_part(&text), VERIFIER_ITERATIONS_MAX,
	    &iterations) || !iterations)
		return false;
	v->iterations = (unsigned)iterations;
	return take_octets(v->salt, &v->salt_len, take_part(&text)) &&
	    take_key(v->stored_key, take_part(&text)) &&
	    slice_find(text, ',') == text.len && take_key(v->server_key, text);
}

char const *
verifier_format(char *out, struct verifier const *v)
{
	char salt[BASE64_LEN(VERIFIER_SALT_MAX)];
	char stored[BASE64_LEN(DIGEST_OCTETS)], server[sizeof stored];
	size_t len = base64_encode(salt,
	    slice_from((char const *)v->salt, v->salt_len));

	base64_encode(stored, digest_slice(v->stored_key));
	base64_encode(server, digest_slice(v->server_key));
	snprintf(out, VERIFIER_TEXT_MAX, "%s%u,%.*s,%.*s,%.*s", scheme,
	    v->iterations, (int)len, salt, (int)sizeof stored, stored,
	    (int)sizeof server, server);
	return out;
}

/* derive - StoredKey and ServerKey of a password */
static bool
derive(struct verifier const *v, struct slice password,
    unsigned char *stored_key, unsigned char *server_key)
{
	unsigned char salted[DIGEST_OCTETS], client_key[DIGEST_OCTETS];
	bool good = digest_stretched(salted, password,
	    slice_from((char const *)v->salt, v->salt_len), v->iterations) &&
	    digest_keyed(client_key, digest_slice(salted),
	    SLICE("Client Key")) &&
	    digest_of(stored_key, digest_slice(client_key)) &&
	    digest_keyed(server_key, digest_slice(salted),
	    SLICE("Server Key"));

	explicit_bzero(salted, sizeof salted);
	explicit_bzero(client_key, sizeof client_key);
	return good;
}

bool
verifier_make(struct verifier *v, struct slice password)
{
	return derive(v, password, v->stored_key, v->server_key);
}

bool
verifier_is_password(struct verifier const *v, struct slice password)
{
	unsigned char stored_key[DIGEST_OCTETS], server_key[DIGEST_OCTETS];
	bool right = derive(v, password, stored_key, server_key) &&
	    digest_same(stored_key, v->stored_key);

	explicit_bzero(stored_key, sizeof stored_key);
	explicit_bzero(server_key, sizeof server_key);
	return right;
}

bool
verifier_proves(struct verifier const *v, struct slice exchange,
    unsigned char const proof[DIGEST_OCTETS],
    unsigned char signature[DIGEST_OCTETS])
{
	unsigned char key[DIGEST_OCTETS], stored_key[DIGEST_OCTETS];
	bool right = digest_keyed(key, digest_slice(v->stored_key), exchange);
	size_t i;

	for (i = 0; i < DIGEST_OCTETS; i++)
		key[i] ^= proof[i];
	right = right && digest_of(stored_key, digest_slice(key)) &&
	    digest_same(stored_key, v->stored_key) &&
	    digest_keyed(signature, digest_slice(v->server_key), exchange);
	explicit_bzero(key, sizeof key);
	return right;
}
