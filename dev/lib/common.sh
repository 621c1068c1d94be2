# shellcheck shell=bash
# What the scripts in dev/ share: messages, missing packages, free ports, and the
# processes that they start. Sourced, never run. The scripts need no more than a
# Debian base system: no ps, no curl, no ss.
#
# File descriptor 9 is the lock, always; a server must not inherit it (9>&-).

umask 022
# shellcheck disable=SC2034
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Downloaded and unpacked servers: shared by all clones, safe to delete.
cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/rxtill
export PATH=$PATH:/usr/sbin
mkdir -p "$cache"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "$@"
	exit 1
}

# usage: prints the comment at the head of the running script.
usage() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# lock FILE: waits its turn; the lock goes when this (sub)shell ends.
lock() {
	exec 9>"$1"
	flock 9
}

# need COMMAND=PACKAGE...: installs, by apt, the packages whose command is missing.
need() {
	local pair missing=() apt=(env DEBIAN_FRONTEND=noninteractive)
	for pair; do command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}"); done
	((${#missing[@]})) || return 0
	command -v apt-get >/dev/null || die "please install ${missing[*]}: there is no apt-get here to do it"
	if (($(id -u))); then
		sudo -n true 2>/dev/null || die "please install, as root: apt-get install ${missing[*]}"
		apt=(sudo -n "${apt[@]}")
	fi
	(
		lock "$cache/apt.lock" # the package lists' own lock is not waited for
		say "installing ${missing[*]}"
		get=("${apt[@]}" apt-get -qq -y -o DPkg::Lock::Timeout=600)
		get_missing=("${get[@]}" --no-install-recommends install "${missing[@]}")
		# The first try needs no fresh package lists where there are good ones. The
		# second also mends what an installation that was killed left half done.
		"${get_missing[@]}" || {
			"${apt[@]}" dpkg --configure -a
			"${get[@]}" update
			"${get_missing[@]}"
		}
	) >"$cache/apt.log.$$" 2>&1 || {
		cat "$cache/apt.log.$$" >&2
		die "could not install ${missing[*]}"
	}
	rm -f "$cache/apt.log.$$"
	hash -r
	for pair; do command -v "${pair%%=*}" >/dev/null || die "${pair#*=} was installed, but there is no ${pair%%=*}"; done
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port [COUNT]: prints the first of COUNT ports in a row on which nothing
# listens. All are below the range from which the system gives ports to others.
free_port() {
	local first port
	while :; do
		first=$((15000 + RANDOM % 15000))
		for ((port = first; port < first + ${1:-1}; port++)); do
			if port_taken "$port"; then continue 2; fi
		done
		echo "$first"
		return
	done
}

# checked_port PORT|auto [COUNT]: prints a port that can be listened on.
checked_port() {
	local port
	if [[ $1 == auto ]]; then
		free_port "${2:-1}"
		return
	fi
	if [[ ! $1 =~ ^[1-9][0-9]{0,4}$ ]] || (($1 + ${2:-1} > 65536)); then die "not a port: $1"; fi
	for ((port = $1; port < $1 + ${2:-1}; port++)); do
		if port_taken "$port"; then die "port $port is taken"; fi
	done
	echo "$1"
}

# live_pid PIDFILE ARGUMENT: prints the pid in the file, if that process lives and
# has the argument: the number may be another program's by now.
live_pid() {
	local pid
	{ read -r pid <"$1"; } 2>/dev/null || return 1
	[[ $pid =~ ^[0-9]+$ ]] || return 1
	grep -zqxF -e "$2" "/proc/$pid/cmdline" 2>/dev/null || return 1
	echo "$pid"
}

# has_ended PID: an unreaped process has ended too, once its last thread has.
has_ended() {
	local threads=("/proc/$1/task/"*) stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	((${#threads[@]} == 1)) && [[ ${stat##*) } == Z* ]]
}

# wait_until SECONDS COMMAND...: asks again ten times a second.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# end PID: politely first. A stopped process would never hear it, so it is woken.
end() {
	kill -TERM "$1" 2>/dev/null || return 0
	kill -CONT "$1" 2>/dev/null || :
	wait_until 30 has_ended "$1" || kill_hard "$1"
}

kill_hard() {
	kill -KILL "$1" 2>/dev/null || return 0
	wait_until 10 has_ended "$1" || die "process $1 does not end"
}
