#!/bin/sh
# SPDX-License-Identifier: ISC
# Aliases and lines with several actions while the programs that expand them are
# killed: each of those who stand for a recipient gets each message once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$T/routes" <<'EOF'
list@example.test alias one@example.test both@example.test
both@example.test maildir two/, maildir three/
EOF
printf '@example.test maildir ${local}/\n' >>"$T/routes"
pipeline one --domain example.test --routes "$T/routes"

# numbered messages, small and large, for $1 seconds, and until more than 100 have
# been acknowledged; those are printed, and after "?" those of which nobody knows
cat >"$T/send.py" <<'EOF'
import smtplib, sys, time
port, seconds = int(sys.argv[1]), float(sys.argv[2])
end, n, sure, s = time.monotonic() + seconds, 0, 0, None
while time.monotonic() < end or sure <= 100:
    n += 1
    text = "Subject: %d\r\n\r\n%s" % (n, "text\r\n" * (20000 if n % 9 == 0 else 1))
    sent = False
    try:
        if not s:
            s = smtplib.SMTP("127.0.0.1", port, timeout=60)
            s.ehlo("client.test")
        if s.mail("s@client.test")[0] != 250 or s.rcpt("list@example.test")[0] != 250:
            s.rset()
            time.sleep(0.05)
            continue
        sent = True
        code = s.data(text)[0]
        # refused, it may have been stored before the one who knew was killed
        print(*([n] if code == 250 else ["?", n]))
        sure += code == 250
    except (OSError, smtplib.SMTPException):
        if sent:
            print("?", n)
        s = None
        time.sleep(0.05)
    sys.stdout.flush()
    time.sleep(0.01)
EOF
cat >"$T/check.py" <<'EOF'
import collections, os, re, sys
mail, record = sys.argv[1:3]
words = [line.split() for line in open(record)]
sure = {int(w[0]) for w in words if w[0] != "?"}
perhaps = {int(w[1]) for w in words if w[0] == "?"}
for box in "one", "two", "three":
    have = collections.Counter()
    for name in os.listdir(os.path.join(mail, box, "new")):
        with open(os.path.join(mail, box, "new", name), "rb") as f:
            text = f.read()
        n = int(re.search(rb"^Subject: (\d+)$", text, re.M).group(1))
        assert text.count(b"text\n") == (20000 if n % 9 == 0 else 1), (box, n)
        have[n] += 1
    twice = {n for n in have if have[n] > 1}
    print(box, "lacks", sorted(sure - have.keys())[:9], "twice",
          sorted(twice)[:9], "unknown", sorted(have.keys() - sure - perhaps)[:9])
print(len(sure) > 100)
EOF
good() { printf '%s lacks [] twice [] unknown []\n' one two three; echo True; }
# all that was taken is delivered, and only that
whole() {
	[ "$(/usr/bin/python3 "$T/check.py" "$dir/mail" "$T/record" 2>&1)" = \
		"$(good)" ]
}

/usr/bin/python3 "$T/send.py" "$port" 12 >"$T/record" &
client=$!
started="$started $client"
ok 'mail flows' within 60 has "$T/record" '^[0-9]'
for stage in queue send queue send local queue send queue; do
	sleep 1
	kill -KILL "$(daemon "$stage")"
done
wait "$client"
ok 'what was taken has come' within 60 whole
is 'to each once' "$(/usr/bin/python3 "$T/check.py" "$dir/mail" "$T/record" \
	2>&1)" "$(good)"
ok 'and nothing waits' within 60 sh -c \
	'"$0" --submit "$1" --list | grep -q "^0 messages"' \
	"$B/mailgrave-queue" "$dir/spool/submit.ctrl"
ok 'one was expanded' has "$dir/log/queue/current" 'ev=expanded'
wc -l <"$T/record" | note
finish
