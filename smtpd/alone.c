/* SPDX-License-Identifier: ISC */
/* What inetd, UCSPI and a shell say of the one client on standard input. */
#include <skalibs/nonposix.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "smtpd/alone.h"
#include "smtpd/listener.h"

/* UCSPI: who is at the other end stands in the environment; what started us
 * may have heard it from a proxy, which is the socket's own peer. */
void
alone_client(char *text)
{
	char const *protocol = getenv("PROTO"), *address;
	unsigned char octet[NETADDR_OCTETS];
	char name[32];

	snprintf(name, sizeof name, "%sREMOTEIP", protocol ? protocol : "TCP");
	address = protocol ? getenv(name) : NULL;
	if (address && netaddr_ip(octet, slice_of(address)))
		netaddr_ip_format(text, octet);
	else
		listener_peer_text(STDIN_FILENO, text);
}

bool
alone_tls(char *text, size_t room)
{
	char const *version = getenv("SSL_PROTOCOL");
	char const *cipher = getenv("SSL_CIPHER");

	if (!version) return false;
	snprintf(text, room, "%s%s%s", version, cipher ? " " : "",
	    cipher ? cipher : "");
	return true;
}

static bool
is_same_socket(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	    S_ISSOCK(sa.st_mode) && sa.st_dev == sb.st_dev &&
	    sa.st_ino == sb.st_ino;
}

bool
alone_is_socket(void)
{
	return is_same_socket(STDIN_FILENO, STDOUT_FILENO);
}

bool
alone_log_is_client(void)
{
	return is_same_socket(STDIN_FILENO, STDERR_FILENO);
}
