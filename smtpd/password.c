/* SPDX-License-Identifier: ISC */
/* A password on standard input, its hash on standard output. */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/random.h>
#include <skalibs/strerr.h>
#include "smtpd/password.h"
#include "smtpd/prompt.h"
#include "smtpd/sasl.h"

static void
print_crypt(char const *password)
{
	static struct crypt_data data;
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char const *hash;

	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof setting))
		strerr_diefusys(111, "make a salt");
	hash = crypt_r(password, setting, &data);
	if (!hash || *hash == '*') strerr_diefusys(111, "hash");
	puts(hash);
}

static void
print_verifier(char const *password)
{
	struct verifier v = { .iterations = VERIFIER_ITERATIONS_MADE,
		.salt_len = VERIFIER_SALT_MADE };
	char text[VERIFIER_TEXT_MAX];

	random_buf((char *)v.salt, VERIFIER_SALT_MADE);
	if (!verifier_make(&v, slice_of(password)))
		strerr_diefusys(111, "hash");
	puts(verifier_format(text, &v));
}

static void
read_password(char password[SASL_TEXT_MAX + 2])
{
	char again[SASL_TEXT_MAX + 2] = "";
	size_t i, len;

	if (!prompt_line(password, SASL_TEXT_MAX + 2, "password: ") ||
	    *password == '\n')
		strerr_dief(100, "a password is wanted on standard input");
	if (isatty(STDIN_FILENO) && (!prompt_line(again, sizeof again,
	    "once more: ") || strcmp(password, again)))
		strerr_dief(100, "these are two");
	len = strcspn(password, "\n");
	if (len > SASL_TEXT_MAX) strerr_dief(100, "this is too long");
	password[len] = '\0';
	for (i = 0; i < len && (unsigned char)password[i] < 0x80; i++)
		;
	if (i < len)
		strerr_warnw("this is more than ASCII: not all programs send "
		    "it as the same octets");
}

void
password_hash(bool scram)
{
	char password[SASL_TEXT_MAX + 2] = "";

	read_password(password);
	if (scram)
		print_verifier(password);
	else
		print_crypt(password);
	exit(0);
}
