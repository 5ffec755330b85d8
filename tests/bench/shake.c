/* SPDX-License-Identifier: ISC */
/* shake PORT CLIENTS SECONDS VERSION [RECIPIENT] - a client of TLS that does as
 * many sessions as it can in that time, at 127.0.0.1, each with a full handshake
 * (VERSION 1.2 or 1.3) and the greeting; with a recipient, each sends a message
 * of 4096 octets too. Prints how many, and how long they took in all; exits 1
 * when one has failed. */
#include <skalibs/nonposix.h>
#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openssl/ssl.h>

enum { BODY = 4096, LINE = 64, CLIENTS_MAX = 1000 };

static struct sockaddr_in at = { .sin_family = AF_INET };
static char const *recipient;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The last line of a reply begins with this. */
static bool
hear(SSL *ssl, char const *code)
{
	char text[4096], *line, *end;
	int n, len = 0;

	for (;;) {
		n = SSL_read(ssl, text + len, (int)sizeof text - 1 - len);
		if (n <= 0) return false;
		len += n;
		text[len] = '\0';
		for (line = text; (end = strstr(line, "\r\n")); line = end + 2)
			if (strlen(line) > 3 && line[3] == ' ')
				return strncmp(line, code, 3) == 0;
	}
}

static bool
say(SSL *ssl, char const *text, char const *code)
{
	int len = (int)strlen(text);

	return SSL_write(ssl, text, len) == len && hear(ssl, code);
}

static bool
send_message(SSL *ssl)
{
	char to[300], body[BODY + LINE];
	size_t n = 0;

	snprintf(to, sizeof to, "RCPT TO:<%s>\r\n", recipient);
	n += (size_t)snprintf(body, sizeof body, "Subject: x\r\n\r\n");
	while (n + LINE <= BODY) {
		memset(body + n, 'x', LINE - 2);
		memcpy(body + n + LINE - 2, "\r\n", 2);
		n += LINE;
	}
	memcpy(body + n, ".\r\n", 4);
	return say(ssl, "EHLO c.test\r\n", "250") &&
	    say(ssl, "MAIL FROM:<s@client.test>\r\n", "250") &&
	    say(ssl, to, "250") && say(ssl, "DATA\r\n", "354") &&
	    say(ssl, body, "250") && say(ssl, "QUIT\r\n", "221");
}

static bool
session(SSL_CTX *context)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	SSL *ssl = SSL_new(context);
	bool fine = fd != -1 && ssl &&
	    connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
	    SSL_set_fd(ssl, fd) && SSL_connect(ssl) == 1 &&
	    hear(ssl, "220") && (!recipient || send_message(ssl));

	SSL_free(ssl);
	close(fd);
	return fine;
}

static void
work(int version, double until, int report)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	unsigned n = 0;

	if (!context || !SSL_CTX_set_min_proto_version(context, version) ||
	    !SSL_CTX_set_max_proto_version(context, version))
		errx(1, "OpenSSL does not start");
	for (; now() < until; n++)
		if (!session(context)) errx(1, "a session has failed");
	if (write(report, &n, sizeof n) != sizeof n) err(1, "write");
	exit(0);
}

int
main(int argc, char **argv)
{
	int clients, version, report[2], i, status, bad = 0;
	double seconds, begin = now();
	unsigned long sum = 0;
	unsigned n;

	if (argc != 5 && argc != 6)
		errx(100, "PORT CLIENTS SECONDS VERSION [RECIPIENT]");
	at.sin_port = htons((uint16_t)atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	clients = atoi(argv[2]);
	seconds = atof(argv[3]);
	version = strcmp(argv[4], "1.2") ? TLS1_3_VERSION : TLS1_2_VERSION;
	recipient = argv[5];
	if (clients < 1 || clients > CLIENTS_MAX || pipe(report) == -1)
		errx(100, "so many clients can't be had");
	for (i = 0; i < clients; i++) {
		pid_t child = fork();

		if (child == -1) err(1, "fork");
		if (child == 0) work(version, begin + seconds, report[1]);
	}
	close(report[1]);
	while (read(report[0], &n, sizeof n) == sizeof n)
		sum += n;
	while (wait(&status) != -1)
		bad |= status;
	printf("%lu %.3f\n", sum, now() - begin);
	return bad != 0;
}
