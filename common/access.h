/* SPDX-License-Identifier: ISC */
/* The access file: what a client may do, by address, verified host name and
 * login. For each question the first line that names the client decides. Pure:
 * what DNS says is told to it. */
#ifndef MAILGRAVE_ACCESS_H
#define MAILGRAVE_ACCESS_H

#include <stdint.h>
#include "common/addr.h"
#include "common/who.h"

enum {
	ACCESS_NAME_MAX = 32,		/* octets of a group's name */
	ACCESS_GROUPS_MAX = 256,
	ACCESS_NAMES_MAX = 1024,	/* of all names, a space between */
	ACCESS_ZONES_MAX = 16,		/* DNSBL zones */
	ACCESS_SENDERS_MAX = 1000,	/* addresses on one line */
	ACCESS_TEXT_MAX = 400		/* fits in a reply line */
};

/* What a limit line may limit, and for whom. */
enum access_limit {
	ACCESS_CONNECTIONS,	/* at a time, of one address */
	ACCESS_RATE,		/* new connections a minute, of one address */
	ACCESS_MESSAGES,	/* an hour, of one login, else address */
	ACCESS_RECIPIENTS,	/* an hour, of one login, else address */
	ACCESS_LIMITS
};

#define ACCESS_NO_LIMIT UINT64_MAX	/* "none" */

enum access_verdict {
	ACCESS_ACCEPT,
	ACCESS_REFUSE,
	ACCESS_LIMIT	/* a pattern hit its limit: come back later, 421
			 * 4.3.5; nothing else that was found counts */
};

struct access_refusal {
	unsigned line;
	unsigned code;			/* 4xx or 5xx, but not 421 */
	char const *status, *text;	/* live as long as the access */
};

struct access_zone {
	char const *zone;		/* name, without dots around it */
	struct access_refusal refusal;	/* when it lists the client */
};

/* What the file says of one client. */
struct access_decision {
	char groups[ACCESS_NAMES_MAX + 1];	/* one space between, NUL */
	enum access_verdict verdict;
	struct access_refusal refusal;	/* line: what decided, accept too; 0:
					 * no line, so he may connect */
	bool relay;			/* may send anywhere */
	unsigned relay_line;
	bool xclient, proxy;		/* may say so for others */
	uint64_t limit[ACCESS_LIMITS];	/* where its line is not 0 */
	unsigned limit_line[ACCESS_LIMITS];
	/* zones to ask about his address, in file order: only those whose line
	 * stands before the one that decided */
	struct access_zone zone[ACCESS_ZONES_MAX];
	size_t zones;
};

struct access {
	struct access_rule *rule;
	size_t rules;
	unsigned group[ACCESS_GROUPS_MAX];	/* rules, as the next */
	size_t groups;
	unsigned zone[ACCESS_ZONES_MAX];
	size_t zones;
	struct who who;
	uint64_t hash;		/* of the text */
	struct warnings warnings;
};

/* access_parse - a whole file, as mailgrave-access(5) has it
 *   false  *error says what and where; access is left as access_free leaves it
 *   The caller frees with access_free. */
bool access_parse(struct access *access, struct slice text,
    struct parse_error *error);

void access_free(struct access *access);

/* access_wants_name - some line asks for the client's host name: worth a
 * look-up */
bool access_wants_name(struct access const *access);

/* access_has_group - some line makes a group of this name */
bool access_has_group(struct access const *access, char const *name);

/* access_client - what the file says of this client. Without any line everybody
 * may connect and nobody may relay. To be asked again when he has logged in. */
void access_client(struct access const *access,
    struct who_client const *client, struct access_decision *decision);

/* access_listed - decision->zone[n] lists the client: he is refused by its
 * line, unless one before it does so already */
void access_listed(struct access_decision *decision, size_t n);

/* access_sender - may this login send with this envelope sender?
 *   sender  NULL for the null path, which everybody may use
 *   *line   the senders line that decided, 0: none names him, so he may */
bool access_sender(struct access const *access, struct slice login,
    struct addr const *sender, unsigned *line);

/* access_limit_name - as the file spells it */
char const *access_limit_name(enum access_limit limit);

#endif
