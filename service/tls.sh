# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034,SC2154 # quickstart's variables
# What quickstart --tls needs: a certificate that nobody but we vouch for, and a
# user to log in. Both are made once, in dir/tls; dir, bind, tls_port, domain, root
# and B are quickstart's variables. Sets tls_bind, certificate, key, users, login; and
# password, empty when the user was there before.

# owned_by USER FILE - who alone may read it; without root that is us
owned_by() {
	chmod 400 "$2"
	! $root || chown "$1" "$2"
}

make_certificate() {
	name=$(hostname 2>/dev/null) || name=localhost
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 365 -subj "/CN=$name" -addext \
		"subjectAltName=DNS:$name,DNS:localhost${domain:+,DNS:$domain},IP:$bind" \
		-keyout "$key.draft" -out "$certificate" 2>&1 || return
	owned_by mailgrave-key "$key.draft"
	chmod 644 "$certificate"
	mv "$key.draft" "$key"
}

make_login() {
	password=$(openssl rand -hex 8) || return
	hash=$(echo "$password" | "$B/mailgrave-smtpd" --hash --scram) || return
	printf '%s:%s\n' "$login" "$hash" >"$users.draft"
	owned_by mailgrave-auth "$users.draft"
	mv "$users.draft" "$users"
}

tls_files() {
	certificate=$dir/tls/cert.pem key=$dir/tls/key.pem users=$dir/tls/users
	login=you password='' tls_bind=$bind:$tls_port
	case $bind in *:*) tls_bind=[$bind]:$tls_port ;; esac
	install -d -m 755 "$dir/tls"
	umask 077
	[ -e "$key" ] || make_certificate || return
	[ -e "$users" ] || make_login || return
	umask 022
}
