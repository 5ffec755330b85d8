# SPDX-License-Identifier: ISC
"""Misdeeds towards several recipients, by SMTP and by LMTP, and offers that
are lies."""
import base64

from badcall import GOOD, LATER, NEVER, OK, SECRET, STEPS, with_offers
from badreplies import close, misbehave, reset, silence

THREE = ["b@y.test", "c@y.test", "d@z.test"]
YES, NO, WAIT, GONE = (b"250 2.0.0 ok\r\n", b"550 5.1.1 no\r\n",
                       b"451 4.3.0 later\r\n", b"421 4.3.2 closing\r\n")


def group(rcpt=(YES,) * 3, data=GOOD["data"], dot=(YES,), offers=(),
          end=None, never=None):
    """replies to RCPT in turn, to DATA, and after the text; then end. Whoever
    is never to be named ends it."""
    def behave(call):
        left = list(rcpt)
        call.say(GOOD["greeting"])
        while True:
            line = call.until(b"\r\n")
            verb = line[:4].upper()
            if verb in (b"EHLO", b"LHLO"):
                call.say(with_offers("8BITMIME", *offers)["ehlo"])
            elif never and never in line:
                return
            elif verb == b"RCPT":
                call.say(left.pop(0) if len(left) > 1 else left[0])
            elif verb == b"DATA":
                call.say(data)
                if data[:1] != b"3":
                    continue
                call.hear("dot")
                call.say(b"".join(dot))
                if end:
                    end(call, b"")
            else:
                call.say(GOOD["quit"] if verb == b"QUIT" else YES)
    return behave


def again(*calls):
    """another one each time it is called"""
    return lambda call: calls[call.number](call)


def first_command_only(call):
    """PIPELINING is offered; what comes with a command is thrown away"""
    call.say(GOOD["greeting"])
    while True:
        line = call.until(b"\r\n")
        call.buffer = b""
        call.say(with_offers("PIPELINING")["ehlo"]
                 if line[:4] == b"EHLO" else YES)


def chunks(answer, early=False, offers=()):
    def behave(call):
        call.go(with_offers("8BITMIME", "CHUNKING", *offers), last="rcpt")
        size = int(call.until(b"\r\n").split()[1])
        if early:
            answer(call)
        while len(call.buffer) < size:
            call.more()
        call.buffer = call.buffer[size:]
        answer(call)
        call.go(first="quit")
    return behave


def bearer(token, *replies):
    """to AUTH XOAUTH2: replies if it has that token"""
    def behave(call):
        call.go(with_offers("8BITMIME", "AUTH PLAIN XOAUTH2"), last="ehlo")
        line = call.until(b"\r\n")
        text = b"user=joe\1auth=Bearer " + token + b"\1\1"
        if line != b"AUTH XOAUTH2 " + base64.b64encode(text) + b"\r\n":
            call.say(b"501 5.5.4 not that\r\n")
            return
        for reply in replies:
            call.say(reply)
            if reply[:3] == b"334":
                call.until(b"\r\n")
        call.go(first="mail")
    return behave


def says(text):
    return lambda call: call.say(text)


def cases():
    def add(name, outcome, behave, **more):
        return dict(name=name, outcome=outcome, behave=behave, **more)

    for how, offers in (("one by one", ()), ("pipelined", ("PIPELINING",))):
        def three(name, outcome, text=True, **behave):
            return add(f"three recipients, {how}: {name}", outcome,
                       group(offers=offers, **behave), rcpts=THREE, text=text)
        yield three("taken", [OK] * 3)
        yield three("each otherwise", [OK, NEVER, LATER],
                    rcpt=(YES, NO, WAIT))
        yield three("none is known", [NEVER] * 3, text=False, rcpt=(NO,))
        yield three("none is known, but DATA is refused with 554",
                    [NEVER] * 3, text=False, rcpt=(NO,),
                    data=b"554 5.5.1 no\r\n")
        yield three("none for now", [LATER] * 3, text=False, rcpt=(WAIT,))
        yield three("DATA is refused", [NEVER] * 3, text=False,
                    rcpt=(NO, YES), data=b"554 5.7.1 no\r\n")
        yield three("DATA is put off", [NEVER, LATER, LATER], text=False,
                    rcpt=(NO, YES), data=WAIT)
        yield three("DATA is 250", [NEVER, LATER, LATER], text=False,
                    rcpt=(NO, YES), data=YES)
        yield three("the text is refused", [NEVER, NEVER, LATER],
                    rcpt=(YES, YES, WAIT), dot=(b"554 5.7.1 spam\r\n",))
        yield three("the text is put off", [LATER, NEVER, LATER],
                    rcpt=(YES, NO, YES), dot=(WAIT,))
        yield three("421 to the second", [LATER] * 3, text=False,
                    rcpt=(YES, GONE))
        yield three("421 behind a refusal", [NEVER, LATER, LATER], text=False,
                    rcpt=(NO, GONE))
        yield three("421 for the text", [LATER, NEVER, LATER],
                    rcpt=(YES, NO, YES), dot=(GONE,))
        yield three("251 and 252", [OK] * 3,
                    rcpt=(b"251 2.1.5 on\r\n", b"252 2.1.5 maybe\r\n", YES))
        yield three("552: enough of them", [OK, LATER, LATER],
                    rcpt=(YES, b"552 too many recipients\r\n"))
        yield three("552 to all", [NEVER] * 3, text=False,
                    rcpt=(b"552 5.2.2 full\r\n",))
        yield three("354 to the second", [LATER] * 3, text=False,
                    rcpt=(YES, GOOD["data"]))
        yield three("closed after the text", [LATER, NEVER, LATER],
                    rcpt=(YES, NO, YES), dot=(), end=close)
    for name, outcome, more in (
            ("each otherwise", [OK, NEVER, LATER], dict(dot=(YES, NO, WAIT))),
            ("one refused before", [OK, NEVER, LATER],
             dict(rcpt=(YES, NO, YES), dot=(YES, WAIT))),
            ("a reply for none", [LATER] * 3, dict(dot=(), end=close)),
            ("a reply for one, close", [OK, LATER, LATER],
             dict(dot=(YES,), end=close)),
            ("a reply for two, reset", [OK, NEVER, LATER],
             dict(dot=(YES, NO), end=lambda c, g: (c.until(b"\r\n"),))),
            ("a reply for two, silence", [OK, NEVER, LATER],
             dict(dot=(YES, NO), end=silence)),
            ("a reply too many", [OK] * 3, dict(dot=(YES,) * 3 + (NO,))),
            ("ten replies too many", [OK, NEVER, OK],
             dict(dot=(YES, NO, YES) + (NO,) * 10)),
            ("421 for the second", [OK, LATER, LATER], dict(dot=(YES, GONE))),
            ("garbage for the second", [OK, LATER, LATER],
             dict(dot=(YES, b"what?\r\n"))),
            ("354 for the second", [OK, LATER, LATER],
             dict(dot=(YES, GOOD["data"]))),
            ("a code that changes for the second", [OK, LATER, LATER],
             dict(dot=(YES, b"250-a\r\n550 b\r\n", YES))),
            ("none is known", [NEVER] * 3, dict(rcpt=(NO,), text=False)),
            ("none is known, pipelined", [NEVER] * 3,
             dict(rcpt=(NO,), offers=("PIPELINING",), text=False))):
        text = more.pop("text", True)
        yield add(f"LMTP: {name}", outcome, group(**more), rcpts=THREE,
                  lmtp=True, text=text)
    yield add("LMTP: no LHLO there", LATER, lambda call: (
        call.say(GOOD["greeting"]), call.until(b"\r\n"),
        call.say(b"500 5.5.1 what?\r\n"), call.drain()), lmtp=True, text=False)

    for offer in ("SIZE 0", "SIZE 18446744073709551615",
                  "SIZE 18446744073709551616", "SIZE -1", "SIZE", "SIZE x",
                  "LIMITS RCPTMAX=0 MAILMAX=0", "LIMITS", "LIMITS =1 RCPTMAX=",
                  "LIMITS RCPTMAX=99999999999999999999", "X" * 2000,
                  "pipelining", "PIPELININGX", " PIPELINING", "AUTH",
                  "STARTTLS now"):
        yield add(f"offers {offer[:40]!r}", OK, group(offers=(offer,)),
                  options=["--tls", "none"])
    yield add("offers PIPELINING without it", LATER, first_command_only,
              text=False)
    for name, offers in (("AUTH twice", ("AUTH PLAIN", "AUTH X LOGIN")),
                         ("AUTH=", ("AUTH=LOGIN PLAIN",)),
                         ("AUTH 1,000 times", ("AUTH LOGIN PLAIN",) * 1000)):
        yield add(f"offers {name}", OK, lambda call, offers=offers: (
            call.go(with_offers("8BITMIME", *offers), last="ehlo"),
            call.until(b"\r\n"), call.say(b"235 in\r\n"),
            call.go(first="mail")), options=["--login", "joe"])
    for name, words in (("it", SECRET), ("it in base64",
                                         base64.b64encode(SECRET)),
                        ("what logs in", base64.b64encode(
                            b"\0joe\0" + SECRET))):
        yield add(f"login: {name} is repeated", NEVER,
                  lambda call, words=words: (
                      call.go(with_offers("8BITMIME", "AUTH PLAIN"),
                              last="ehlo"), call.until(b"\r\n"),
                      call.say(b"235-" + words + b"\r\n235 in\r\n"),
                      call.until(b"\r\n"),
                      call.say(b"550 5.7.1 not " + words + b" again\r\n"),
                      call.go(first="quit")),
                  options=["--login", "joe"], text=False)
    for name, outcome, command, replies in (
            ("is taken", OK, "echo tok", (b"235 in\r\n",)),
            ("is refused", LATER, "echo tok",
             (b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", b"535 5.7.8 no\r\n")),
            ("is not to be had", LATER, "exit 1", (b"235 in\r\n",)),
            ("takes for ever", LATER, "sleep 1000", (b"235 in\r\n",))):
        yield add(f"a token {name}", outcome, bearer(b"tok", *replies),
                  options=["--login", "joe", "--token-command", command],
                  text=outcome == OK)
    yield add("LIMITS RCPTMAX=1", [OK] * 3,
              group(offers=("LIMITS RCPTMAX=1",)), rcpts=THREE)
    for limits in ("MAILMAX=2 RCPTMAX=1", "RCPTDOMAINMAX=1"):
        yield add(f"LIMITS {limits}: again", [OK] * 3,
                  group(offers=(f"LIMITS {limits}",)), rcpts=THREE)
        yield add(f"LIMITS {limits}: the others only", [OK] * 3,
                  again(group(offers=(f"LIMITS {limits}",)),
                        group(never=b"b@y.test")), rcpts=THREE)
        yield add(f"LIMITS {limits}: mixed", [OK, NEVER, LATER],
                  again(group(rcpt=(YES, NO), offers=(f"LIMITS {limits}",)),
                        group(rcpt=(WAIT,))), rcpts=THREE)
        yield add(f"LIMITS {limits}: and gone", [OK, OK, LATER],
                  again(group(offers=(f"LIMITS {limits}",)),
                        lambda call: call.say(GONE)), rcpts=THREE)
        yield add(f"LIMITS {limits}: not even the first", [LATER] * 3,
                  group(rcpt=(GONE,), offers=(f"LIMITS {limits}",)),
                  rcpts=THREE, text=False)
    for more in (), ("PIPELINING",):
        def cut(name, outcome, answer, early=False, more=more, **others):
            return add(" and ".join(("CHUNKING", *more)) + name, outcome,
                       chunks(answer, early, more), **others)
        yield cut("", OK, says(GOOD["dot"]))
        yield cut(", 8 MiB", OK, says(GOOD["dot"]), size=8 << 20)
        yield cut(", not meant", NEVER, says(b"502 5.5.1 what?\r\n"))
        yield cut(", put off", LATER, says(WAIT))
        yield cut(", 354", LATER, says(GOOD["data"]))
        yield cut(", close", LATER, lambda c: close(c, b""))
        yield cut(", reset", LATER, lambda c: reset(c, b""))
        yield cut(", silence", LATER, lambda c: silence(c, b""))
        yield cut(", taken before its end", LATER, says(YES), early=True,
                  size=64 << 20)
    for code in (b"150", b"600", b"100", b"2500", b"2x0", b"-50", b"+25",
                 b" 250", b"\xb2\xb5\xb0"):
        for step in STEPS[:-1]:
            yield add(f"{step}: {code!r}", LATER, misbehave(
                step, lambda c, g, code=code: (c.say(code + b" ok\r\n"),
                                               c.drain(), close(c, g))),
                      text=step == "dot")
    yield add("neither EHLO nor HELO", LATER, lambda call: (
        call.say(GOOD["greeting"]), call.until(b"\r\n"),
        call.say(b"502 5.5.1 no\r\n"), call.until(b"\r\n"),
        call.say(b"502 5.5.1 no\r\n"), call.drain()), text=False)
