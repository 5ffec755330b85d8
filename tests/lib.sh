# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034 # names for those who source it
# What the test scripts share: TAP, a scratch directory, running pipelines, and
# an end that leaves no process behind. Sourced, never run.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
tools=$top/tests/tools
B=${B:-build}
case $B in
/*) ;;
*) B=$top/$B ;;
esac
export B
export PYTHONDONTWRITEBYTECODE=1	# the tree stays as it is

points=0 failures=0 started=''
places=${TMPDIR:-/tmp}/mailgrave-port
T=$(mktemp -d "${TMPDIR:-/tmp}/mailgrave.XXXXXX")
chmod 755 "$T"	# the stages' users go through it
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

clean_up() {
	for pid in $started; do
		{ kill "$pid" && wait "$pid"; } 2>/dev/null
	done
	find "${places%/*}" -maxdepth 1 -name "${places##*/}.*" -lname "$$" \
		-delete 2>/dev/null
	rm -rf "$T"
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# --- TAP ------------------------------------------------------------------

point() { # point STATUS NAME
	points=$((points + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $points - $2"
	else
		failures=$((failures + 1))
		echo "not ok $points - $2"
	fi
}

note() { sed 's/^/# /'; }

# ok NAME COMMAND... - the command succeeds; its words are shown if it doesn't
ok() {
	name=$1
	shift
	status=0
	words=$("$@" 2>&1) || status=$?
	point "$status" "$name"
	[ "$status" -eq 0 ] || printf '%s\n' "exit $status: $*" "$words" | note
}

is() { # is NAME GOT WANTED
	if [ "$2" = "$3" ]; then
		point 0 "$1"
	else
		point 1 "$1"
		printf 'got    %s\nwanted %s\n' "$2" "$3" | note
	fi
}

like() { # like NAME GOT PATTERN, an extended regular expression
	status=0
	printf '%s\n' "$2" | grep -Eq -e "$3" || status=1
	point "$status" "$1"
	[ "$status" -eq 0 ] ||
		printf '%s\n' 'got' "$2" "no match for $3" | note
}

skip() { # skip NAME WHY
	points=$((points + 1))
	echo "ok $points - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

finish() {
	echo "1..$points"
	[ "$failures" -eq 0 ]
	exit
}

# --- waiting --------------------------------------------------------------

# within SECONDS COMMAND... - the command succeeds before the time is up
within() {
	until=$(($(centiseconds) + $1 * 100))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ "$(centiseconds)" -lt "$until" ] || return 1
		sleep 0.05
	done
}

# since the machine started
centiseconds() {
	read -r up rest </proc/uptime
	echo "${up%.*}${up#*.}"
}

has() { grep -Eq -e "$2" "$1"; }	# has FILE PATTERN

# files N DIR - DIR holds as many, whatever their names
files() {
	[ "$(find "$2" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -eq "$1" ]
}

is_gone() {
	! { read -r stat <"/proc/$1/stat"; } 2>/dev/null && return
	case ${stat##*) } in
	[ZX]*) return 0 ;;
	*) return 1 ;;
	esac
}

# --- pipelines ------------------------------------------------------------

# A port nobody listens on, below those that the kernel hands out; no other test
# gets it until this one ends.
free_port() {
	perl -MIO::Socket::IP -e '
		my ($places, $us) = @ARGV;
		do {
			$port = 10000 + int rand 20000;
			my $place = "$places.$port";
			my $owner = readlink $place;
			unlink $place if $owner && !-d "/proc/$owner";
			$free = symlink($us, $place) && IO::Socket::IP->new(
			    LocalHost => "127.0.0.1", LocalPort => $port,
			    Listen => 1);
		} until $free;
		print $port' "$places" "$$"
}

# background LOG COMMAND... - start it; its process is in $pid
background() {
	log=$1
	shift
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	started="$started $pid"
}

# libraries PREFIX - where an unpacked package (tools/unpack) has its own
libraries() {
	echo "LD_LIBRARY_PATH=$1/usr/lib/postfix:$(echo "$1"/usr/lib/*-linux-*):$(
		echo "$1"/lib/*-linux-*)"
}

# pipeline NAME [OPTION...] - the whole of Mailgrave on a free port, by
# quickstart, below $T/NAME: sets dir, port, pid; what it says is in $dir.out
pipeline() {
	dir=$T/$1
	shift
	# another test may take the port between
	for _ in 1 2 3; do
		port=$(free_port)
		: >"$dir.out"
		background "$dir.out" env --default-signal=INT,HUP \
			"$top/service/quickstart" --no-install --dir "$dir" \
			--port "$port" "$@"
		while ! has "$dir.out" '^Ctrl-C ends it'; do
			is_gone "$pid" && break
			sleep 0.1
		done
		is_gone "$pid" || return 0
		has "$dir.out" "can't listen" || break
	done
	point 1 'quickstart starts a pipeline'
	note <"$dir.out"
	finish
}

# end PID - ask it to end, wait until it has; its exit status
end() {
	kill "$1"
	wait "$1"
}

# daemon STAGE - its process
daemon() { cat "$dir/service/$1/supervise/pid"; }

stages='smtpd queue send local remote'
