/* SPDX-License-Identifier: ISC */
/* A password on standard input, its hash on standard output. */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "smtpd/password.h"
#include "smtpd/sasl.h"

void
password_hash(void)
{
	static struct crypt_data data;
	char password[SASL_TEXT_MAX + 2] = "";
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char const *hash;

	if (isatty(STDIN_FILENO)) fputs("password: ", stderr);
	if (!fgets(password, sizeof password, stdin) || *password == '\n')
		strerr_dief(100, "a password is wanted on standard input");
	password[strcspn(password, "\n")] = '\0';
	if (!crypt_gensalt_rn(NULL, 0, NULL, 0, setting, sizeof setting))
		strerr_diefusys(111, "make a salt");
	hash = crypt_r(password, setting, &data);
	if (!hash || *hash == '*') strerr_diefusys(111, "hash");
	puts(hash);
	exit(0);
}
