/* SPDX-License-Identifier: ISC */
/* One connection to a host: the client engine, the link it speaks over, and its
 * user. pump.h drives it. It belongs to the pool; a job uses it until all its
 * recipients have their results. */
#ifndef MAILGRAVE_CONN_H
#define MAILGRAVE_CONN_H

#include "common/handover.h"
#include "remote/client.h"
#include "remote/link.h"
#include "remote/remote.h"
#include "remote/trace.h"

/* Who uses it. */
struct conn_user {
	struct traceid const *id;
	int message;		/* the user's; not read after ended */
	struct client_order order;	/* rcpt and dsn live until ended */
	/* From the loop. result must not drop the connection.
	 *   ours  temporary by a shortage of this machine
	 * ended - no result follows, and the connection is not the user's any
	 * more; it may drop others, or be freed.
	 *   insecure  TLS could not be had and nothing has been said yet: there
	 *             were no results, and a call in the clear is allowed */
	void (*result)(void *owner, struct client_result const *result,
	    bool ours);
	void (*ended)(void *owner, bool insecure);
	void *owner;
};

struct conn {
	struct remote *remote;
	struct target target;
	struct traceid id;	/* of the message under way, or the last */
	char where[HANDOVER_WHERE_MAX + 1];

	struct conn_user user;	/* while used */
	bool used;
	struct watch watch;
	struct timer timer;
	struct chore chore;
	struct link link;
	char name[NETADDR_HOST_MAX + 1];	/* for the certificate */
	unsigned turn;		/* of the client, as the timer knows it */
	bool ours;
	struct trace said, heard;

	struct conn_list *list;	/* the pool's */
	struct conn *next, **at;
	struct client client;
};

/* conn_open - use a fresh one
 *   fd     connected, non-blocking; the connection's from now on
 *   name   of the other side
 *   clear  no TLS, whatever the target says
 *   NULL   no memory, fd is closed */
struct conn *conn_open(struct remote *remote, struct target const *target,
    int fd, char const *name, char const *where, bool clear,
    struct conn_user const *user);

/* conn_reuse - use one that pool_take gave */
void conn_reuse(struct conn *conn, struct conn_user const *user);

/* conn_is_committed - the other side may have the message */
bool conn_is_committed(struct conn const *conn);

/* conn_lose - the user has no more patience: results follow from the loop */
void conn_lose(struct conn *conn, char const *reason);

/* conn_drop - hang up now; the user hears nothing */
void conn_drop(struct conn *conn);

/* conn_goodbye - of an idle one: say QUIT, and hang up when it is answered */
void conn_goodbye(struct conn *conn);

/* conn_move - to another list of the pool */
void conn_move(struct conn *conn, struct conn_list *list);

/* conn_release - it is not the user's any more */
void conn_release(struct conn *conn, bool insecure);

/* conn_rest - idle for a while, or leaving; may free it */
void conn_rest(struct conn *conn);

#endif
