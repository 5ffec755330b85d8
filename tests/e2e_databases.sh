#!/bin/sh
# SPDX-License-Identifier: ISC
# The scripts of service/examples that put mail into a database, with the real
# PostgreSQL in a cluster of its own, and PHP; delivered by hand, and again.
# shellcheck disable=SC2317 # functions that others call by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

as_user=''
! is_root || as_user='setpriv --reuid=nobody --regid=nogroup --clear-groups'
as() { # as COMMAND... - the user of it all
	# shellcheck disable=SC2086 # words
	PATH=/usr/bin:/bin HOME=$T/pg $as_user "$@"
}
install -m 755 "$top"/service/examples/* "$T"
install -d -m 777 "$T/pg"
printf 'Subject: a test\n\nFrom me\n\\. $$ '\''"; DROP TABLE mail; --\n\303\244\n' \
	>"$T/message"

deliver() { # deliver RCPT COMMAND [ARG...]
	rcpt=$1
	shift
	command=$1
	shift
	as "$B/mailgrave-local" --rcpt "$rcpt" --sender s@c.test \
		--command "$command" -- "$@" <"$T/message" >"$T/log" 2>&1
}
# again COMMAND [ARG...] - what a repeated delivery is: the same id
again() {
	as env MAILGRAVE_ID=01m7z8z7kpj6pwsgt3gw33qnbk MAILGRAVE_RCPT=0 \
		SENDER= RECIPIENT=again@x.test "$@" <"$T/message" \
		>"$T/log" 2>&1
}
# an address that would break out of any quotes
odd="\"b' OR 1=1; --\"@x.test"

# examples WHAT QUERY COMMAND [ARG...] - query prints recipients, then sizes
examples() {
	what=$1 query=$2
	shift 2
	deliver a@x.test "$@"
	is "$what: delivered" $? 0
	deliver "$odd" "$@"
	is "$what: an odd address" $? 0
	again "$@"
	is "$what: without a sender" $? 0
	again "$@"
	is "$what: again" $? 0
	is "$what: what it holds, each once" "$($query)" \
		"again@x.test $(wc -c <"$T/message") a@x.test more $odd more"
}
rows='SELECT recipient || CASE WHEN length(message) = '$(wc -c <"$T/message")
rows=$rows" THEN ' ' || length(message) ELSE ' more' END FROM mail
	ORDER BY recipient <> 'again@x.test', recipient <> 'a@x.test'"
table='CREATE TABLE mail (id text, number integer, received timestamp
	DEFAULT CURRENT_TIMESTAMP, sender text, recipient text, message bytea,
	PRIMARY KEY (id, number))'

# --- SQLite

in_sqlite() {
	python3 -c 'import sqlite3, sys
print(*[row[0] for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])])' \
		"$1" "$rows"
}
python_sqlite() { in_sqlite "$T/pg/python.db"; }
examples 'SQLite' python_sqlite "$T/store-sqlite" "$T/pg/python.db"

# --- PHP

php=''
if there=$("$tools/unpack" php-pdo php8.2-cli php8.2-pgsql php8.2-sqlite3); then
	modules=$(dirname "$(find "$there/usr/lib/php" -name pdo.so)")
	cat >"$T/php" <<-END
	#!/bin/sh
	export LD_LIBRARY_PATH=$(echo "$there"/usr/lib/*-linux-*)
	exec "$there/usr/bin/php8.2" -n -d extension_dir="$modules" \\
		-d extension=pdo.so -d extension=pdo_sqlite.so \\
		-d extension=pdo_pgsql.so "$T/store-postgresql.php" "\$@"
	END
	chmod 755 "$T/php"
	php=$T/php
	as python3 -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute(sys.argv[2])' "$T/pg/php.db" "$table"
	php_sqlite() { in_sqlite "$T/pg/php.db"; }
	examples 'PHP and SQLite' php_sqlite "$php" "sqlite:$T/pg/php.db"
else
	skip 'PHP' 'its packages are not to be had'
fi

# --- PostgreSQL

pg=''
for bin in /usr/lib/postgresql/*/bin; do
	[ ! -x "$bin/initdb" ] || pg=$bin
done
if [ -z "$pg" ] || ! command -v psql >/dev/null; then
	skip 'PostgreSQL' 'no server is installed'
	finish
fi
ok 'a cluster' as "$pg/initdb" --auth trust --username mail --no-sync \
	--encoding UTF8 --locale C -D "$T/pg/data"
database="host=$T/pg user=mail dbname=postgres"
# shellcheck disable=SC2086 # words
HOME=$T/pg background "$T/postgres" $as_user "$pg/postgres" -D "$T/pg/data" \
	-k "$T/pg" -c listen_addresses= -c fsync=off
sql() { as psql -X -q -A -t --dbname "$database" --command "$1"; }
ok 'PostgreSQL runs' within 60 sql 'SELECT 1'
deliver a@x.test "$T/store-postgresql" "$database"
is 'no table: to be tried again' $? 111
ok 'a table' sql "$table"
in_postgresql() { sql "$rows" | paste -sd ' '; }
examples 'PostgreSQL' in_postgresql "$T/store-postgresql" "$database"
is 'PostgreSQL: the octets are those of the message' "$(sql "SELECT
	encode(message, 'hex') FROM mail WHERE recipient = 'again@x.test'" |
	tr -d '\n')" "$(od -An -v -tx1 <"$T/message" | tr -d ' \n')"
if [ -n "$php" ]; then
	sql 'DELETE FROM mail'
	examples 'PHP and PostgreSQL' in_postgresql "$php" \
		"pgsql:host=$T/pg;user=mail;dbname=postgres"
else
	skip 'PHP and PostgreSQL' 'its packages are not to be had'
fi
kill -INT "$pid"
wait "$pid"
deliver a@x.test "$T/store-postgresql" "$database"
is 'no server: to be tried again' $? 111
finish
