/* SPDX-License-Identifier: ISC */
/* What the command line says beyond the options that all stages share. */
#ifndef MAILGRAVE_SMTPD_SETTINGS_H
#define MAILGRAVE_SMTPD_SETTINGS_H

#include "common/netaddr.h"
#include "common/option.h"

enum { SETTINGS_BINDS_MAX = 32, SETTINGS_PORTS_MAX = 8 };

struct settings {
	struct netaddr bind[SETTINGS_BINDS_MAX];
	size_t binds;
	unsigned port[SETTINGS_PORTS_MAX];
	size_t ports;
	char const *access, *log;
	unsigned long long size_max, rcpts_max, sessions_max, commands_max,
	    errors_max, streams_max;
};

extern struct option_row const settings_rows[];
extern size_t const settings_rows_n;

/* settings_default - before the command line is read */
void settings_default(struct settings *s);

/* settings_addresses - where to listen
 *   a  SETTINGS_BINDS_MAX * SETTINGS_PORTS_MAX of them; those without a port
 *      get each --port, and there are two wildcards when none was given
 *   returns how many; 0: none, there is one client on standard input */
size_t settings_addresses(struct settings const *s, struct netaddr *a);

#endif
