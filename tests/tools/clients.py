#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""clients.py HOW PORT TO... - one message by Python's smtplib, in one of its
ways: smtp, esmtp, utf8, dsn, chunks, lmtp. Says what the server answered to
each recipient; exit 1 when one was refused."""
import smtplib
import sys

TEXT = (b"From: a@client.test\r\nSubject: by smtplib\r\n\r\n"
        b".\r\n..\r\n\xc3\xa9t\xc3\xa9\r\nend\r\n")


def main():
    how, port, to = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if how == "lmtp":
        client = smtplib.LMTP("127.0.0.1", port, "client.test", timeout=30)
        refused = client.sendmail("a@client.test", to, TEXT)
    else:
        client = smtplib.SMTP("127.0.0.1", port, "client.test", timeout=30)
        client.ehlo_or_helo_if_needed()
        for word in ("pipelining", "size", "8bitmime", "smtputf8", "chunking",
                     "enhancedstatuscodes", "dsn", "limits", "help"):
            assert client.has_extn(word), word
        if how == "smtp":
            client.helo()
            client.does_esmtp = False
        if how == "chunks":
            refused = chunks(client, to)
        else:
            refused = client.sendmail("a@client.test", to, TEXT, {
                "utf8": ["SMTPUTF8", "BODY=8BITMIME"],
                "dsn": ["RET=HDRS", "ENVID=QQ314159"]}.get(how, []), {
                "dsn": ["NOTIFY=NEVER", "ORCPT=rfc822;b@client.test"]
                }.get(how, []))
    client.quit()
    for address, reply in refused.items():
        print(address, reply)
    sys.exit(bool(refused))


def chunks(client, to):
    client.mail("a@client.test")
    for address in to:
        client.rcpt(address)
    half = len(TEXT) // 2
    for piece, last in (TEXT[:half], ""), (TEXT[half:], " LAST"):
        client.send(b"BDAT %d%s\r\n" % (len(piece), last.encode()) + piece)
        code, words = client.getreply()
        if code != 250:
            return {"text": (code, words)}
    return {}


main()
