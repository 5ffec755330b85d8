/* SPDX-License-Identifier: ISC */
/* One event, one line: ev=NAME id=TRACE key=value ... to standard error, for
 * whatever collects it to stamp with a time. Values hold printable ASCII; all
 * else is written \xNN; a value with a space, a quote or nothing in it is
 * quoted. Never a secret, never message text. */
#ifndef MAILGRAVE_LOG_H
#define MAILGRAVE_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"
#include "common/traceid.h"

enum log_kind { LOG_END, LOG_KIND_ID, LOG_KIND_TEXT, LOG_KIND_NUMBER };

struct log_field {
	enum log_kind kind;
	char const *key;
	union {
		struct slice text;
		int64_t number;
		struct traceid const *id;
	} value;
};

/* fields for log_event; LOG_SYS tells errno in words */
#define LOG_ID(trace) { LOG_KIND_ID, "id", { .id = (trace) } }
#define LOG_SLICE(k, slice) { LOG_KIND_TEXT, k, { .text = (slice) } }
#define LOG_TEXT(k, cstr) { LOG_KIND_TEXT, k, { .text = slice_of(cstr) } }
#define LOG_NUMBER(k, n) { LOG_KIND_NUMBER, k, { .number = (int64_t)(n) } }
#define LOG_SYS(e) LOG_TEXT("error", strerror(e))

/* log_event - write one line, at most LOG_LINE_MAX octets; keeps errno */
#define log_event(name, ...) \
	log_fields(name, \
	    (struct log_field const[]){ __VA_ARGS__, \
					{ LOG_END, NULL, { .number = 0 } } })

enum { LOG_LINE_MAX = 4096 };

void log_fields(char const *event, struct log_field const *field);

/* log_compose - the line log_fields would write, with its newline
 *   out  LOG_LINE_MAX octets; returns the length */
size_t log_compose(char *out, char const *event, struct log_field const *field,
    bool json);

enum { LOG_ESCAPED_MAX = 6 };

/* log_escape - one octet as printable ASCII: itself, or \xNN, in JSON \u00NN
 *   out   LOG_ESCAPED_MAX octets; returns how many were written
 *   also  what else is escaped, besides the backslash */
size_t log_escape(char *out, unsigned char c, char const *also, bool json);

/* log_flush - write what was gathered; does nothing if that is nothing. A
 * process that gathers calls it before it ends. */
void log_flush(void);

enum {
	LOG_EACH_MS = 20,	/* from one write to the next, under load */
	LOG_AT_ONCE = 8		/* so many go without that wait before */
};

/* log_pause - the same, unless much was written a moment ago: who collects the
 * lines has to be woken for each write
 *   returns  when to call it again at the latest, INT64_MAX: nothing waits */
int64_t log_pause(int64_t now_ms);

/* Where lines go. Set once at start. */
struct log_target {
	int fd;		/* standard error; -1: syslog, already opened */
	bool json;
	bool gather;	/* lines wait for one of these, or until they are many */
};

extern struct log_target log_target;

#endif
