/* SPDX-License-Identifier: ISC */
/* Says TLS's answers in errno's words. */
#include <errno.h>
#include "smtpd/secure.h"

/* Without renegotiation neither direction waits for the other, but for a key
 * update that is asked for while our side is full: nobody needs that who only
 * ever waits for a few replies. */
static ssize_t
judge(enum tls_got got, enum tls_got waits, size_t n)
{
	if (got == TLS_DONE) return (ssize_t)n;
	if (got == TLS_END && waits == TLS_WANT_READ) return 0;
	errno = got == waits ? EAGAIN : ECONNRESET;
	return -1;
}

ssize_t
secure_read(struct tls *tls, char *octets, size_t room)
{
	size_t n = 0;
	enum tls_got got = tls_read(tls, octets, room, &n);

	return judge(got, TLS_WANT_READ, n);
}

ssize_t
secure_write(struct tls *tls, char const *octets, size_t len)
{
	size_t n = 0;
	enum tls_got got = tls_write(tls, octets, len, &n);

	return judge(got, TLS_WANT_WRITE, n);
}

void
secure_end(struct tls *tls)
{
	if (!tls) return;
	tls_bye(tls);
	tls_free(tls);
}
