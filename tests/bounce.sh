#!/bin/sh
# SPDX-License-Identifier: ISC
# Reports as a MIME parser that isn't ours sees them: the parts, their types,
# and the fields for programs.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

shape() { # shape SAMPLE - a line for each part, then one for each recipient
	"$B/tests/send_bounce_test" "$1" | /usr/bin/python3 -c '
import sys, email, email.policy
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
def defects(p): return "".join(" " + type(d).__name__ for d in p.defects)
assert m.get_content_type() == "multipart/report"
assert m.get_param("report-type") == "delivery-status"
assert m["From"] and m["To"] and m["Subject"] and m["Date"] and m["Message-ID"]
for part in m.iter_parts():
    print(part.get_content_type() + defects(part) + defects(m))
status = list(m.iter_parts())[1]
body = status.get_payload()
if status.get_content_type() != "message/delivery-status":
    # to Python it is one message: the recipients are its text
    rest = body[0].get_payload(decode=True).decode("utf-8")
    body += [email.message_from_string(t, policy=email.policy.compat32)
             for t in rest.split("\r\n\r\n")]
assert body[0]["Reporting-MTA"] == "dns; mx.example"
for r in body[1:]:
    print(r["Action"], r["Status"], r["Final-Recipient"], r["Original-Recipient"])
'
}

is 'one recipient that failed' "$(shape plain)" 'text/plain
message/delivery-status
message/rfc822
failed 5.1.1 rfc822; a@b.test None'
all='delivered 2.0.0 rfc822; in@b.test rfc822; In+x@B.test
failed 5.1.1 rfc822; no@b.test x400; /G=A/
delayed 4.4.1 rfc822; later@b.test None
relayed 2.0.0 rfc822; on@c.test None
expanded 2.0.0 rfc822; all@d.test None'
is 'each action' "$(shape all)" "text/plain
message/delivery-status
message/rfc822
$all"
is 'a mail that could not be read' "$(shape nothing)" "text/plain
message/delivery-status
$all"
is 'a mail that looks like the parts of a report' "$(shape hostile)" \
	"text/plain
message/delivery-status
message/rfc822
$all"
is 'addresses outside of ASCII' "$(PYTHONIOENCODING=utf-8 shape utf8)" \
	'text/plain
message/global-delivery-status
message/global
failed 5.1.1 utf-8; jörg=x@bü.test utf-8; jörg+@b.test'
is 'the same for one who may not read them' "$(shape utf8-ascii)" \
	'text/plain
message/delivery-status
message/rfc822
failed 5.1.1 utf-8; j\x{F6}rg\x{3D}x@b\x{FC}.test utf-8; j\x{F6}rg\x{2B}@b.test'
finish
