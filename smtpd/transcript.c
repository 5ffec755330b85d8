/* SPDX-License-Identifier: ISC */
/* Writes log lines; what is no command may be a secret that was meant for a
 * server with other ones, so of that only the length is told. */
#include "common/log.h"
#include "smtpd/transcript.h"

void
transcript_said(unsigned long long number, struct slice client,
    struct slice reply)
{
	struct slice line;

	while (slice_line(&reply, &line))
		log_event("said", LOG_NUMBER("session", number),
		    LOG_SLICE("client", client), LOG_SLICE("line", line));
}

void
transcript_heard(unsigned long long number, struct slice client,
    struct session const *session)
{
	struct slice line;

	if (!session_heard(session, &line)) return;
	if (session->verb)
		log_event("heard", LOG_NUMBER("session", number),
		    LOG_SLICE("client", client), LOG_SLICE("line", line));
	else
		log_event("heard", LOG_NUMBER("session", number),
		    LOG_SLICE("client", client),
		    LOG_NUMBER("octets", line.len));
}
