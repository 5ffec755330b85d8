#!/bin/sh
# SPDX-License-Identifier: ISC
# Mail for a script: a line in routes, and the examples in Python, PHP and shell
# get each message, once, though local is killed again and again meanwhile.
# shellcheck disable=SC2317 # functions that others call by name
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_root || skip_all 'needs root: commands run as a user of their own'

user=mailgrave-command
each=12
mkdir "$T/db" "$T/pg"
chown "$user:" "$T/db" "$T/pg"
as() { # as COMMAND... - that user
	PATH=/usr/bin:/bin HOME=$T/pg setpriv --reuid="$user" \
		--regid="$user" --clear-groups "$@"
}
for example in "$top"/service/examples/*; do
	cp "$example" "$T/"
	chmod 755 "$T/${example##*/}"
done
cat >"$T/routes" <<EOF
python@example.test  command $T/store-sqlite $T/db/python.db
EOF
scripts=python

table='CREATE TABLE mail (id text, number integer, received timestamp
	DEFAULT CURRENT_TIMESTAMP, sender text, recipient text, message bytea,
	PRIMARY KEY (id, number))'
# in_sqlite FILE SQL
in_sqlite() {
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
with db:
    for row in db.execute(sys.argv[2]):
        print(bytes(row[0]).decode())' "$1" "$2"
}
python_mail() { in_sqlite "$T/db/python.db" 'SELECT message FROM mail'; }

if there=$("$tools/unpack" php-pdo php8.2-cli php8.2-pgsql php8.2-sqlite3); then
	modules=$(dirname "$(find "$there/usr/lib/php" -name pdo.so)")
	cat >"$T/php" <<-END
	#!/bin/sh
	export LD_LIBRARY_PATH=$(echo "$there"/usr/lib/*-linux-*)
	exec "$there/usr/bin/php8.2" -n -d extension_dir="$modules" \\
		-d extension=pdo.so -d extension=pdo_sqlite.so \\
		"$T/store-postgresql.php" "\$@"
	END
	chmod 755 "$T/php"
	as python3 -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute(sys.argv[2])' "$T/db/php.db" "$table"
	php_mail() { in_sqlite "$T/db/php.db" 'SELECT message FROM mail'; }
	echo "php@example.test command $T/php sqlite:$T/db/php.db" >>"$T/routes"
	scripts="$scripts php"
else
	skip 'php: each message once' 'its packages are not to be had'
fi

pg=''
for bin in /usr/lib/postgresql/*/bin; do
	[ ! -x "$bin/initdb" ] || pg=$bin
done
if [ -n "$pg" ] && command -v psql >/dev/null; then
	as "$pg/initdb" --auth trust --username mail --no-sync \
		--encoding UTF8 --locale C -D "$T/pg/data" >"$T/initdb" 2>&1
	HOME=$T/pg background "$T/postgres" setpriv --reuid="$user" \
		--regid="$user" --clear-groups "$pg/postgres" -D "$T/pg/data" \
		-k "$T/pg" -c listen_addresses= -c fsync=off
	sql() {
		as psql -X -q -A -t --dbname \
			"host=$T/pg user=mail dbname=postgres" --command "$1"
	}
	ok 'PostgreSQL runs' within 60 sql 'SELECT 1'
	sql "$table"
	shell_mail() {
		sql "SELECT convert_from(message, 'UTF8') FROM mail"
	}
	cat >>"$T/routes" <<-EOF
	shell@example.test command $T/store-postgresql "host=$T/pg user=mail dbname=postgres"
	EOF
	scripts="$scripts shell"
else
	skip 'shell: each message once' 'no PostgreSQL is installed'
fi

pipeline one --routes "$T/routes"

mail() { # mail SCRIPT NUMBER
	swaks --server 127.0.0.1 --port "$port" --from me@client.test \
		--to "$1@example.test" --data "Subject: X\\nX-Number: $2\\n\\nbody\\n"
}
empty() {
	! "$dir/bin/mailgrave-queue" --submit "$dir/spool/submit.ctrl" --list |
		grep -q '^01'
}
runs() { [ -n "$(daemon "$1")" ]; }
wanted=$(seq 1 "$each")
n=0
while [ "$n" -lt "$each" ]; do
	n=$((n + 1))
	for script in $scripts; do
		mail "$script" "$n" >"$T/swaks" 2>&1 ||
			point 1 "$script: message $n is taken"
	done
	# in the middle of some of them
	if [ $((n % 3)) -eq 0 ]; then
		within 60 runs local && kill -KILL "$(daemon local)"
	fi
done
ok 'nothing waits' within 120 empty
for script in $scripts; do
	is "$script: each message, once" "$("${script}_mail" | tr -d '\r' |
		sed -n 's/^X-Number: //p' | sort -n)" "$wanted"
done
finish
