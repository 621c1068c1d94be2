# shellcheck shell=bash
# Starting and stopping a private database server: what MariaDB and MySQL have in
# common. dev/mariadb and dev/mysql source this, after
# common.sh, and give it
#
#   install_server      installs; quick when there is nothing to do
#   find_server         sets the arrays server and client (commands), or fails
#   initialize DIR LOG OPTION...  makes an empty database in DIR, which does not exist
#
# A DIR given to start holds: data (the server's own), tmp (likewise), log, pid, port,
# lock, and, readable by nobody else, password, init.sql and client.cnf.

server=() client=() as_root=()
# A server refuses to be root's unless told.
# shellcheck disable=SC2034
if (($(id -u) == 0)); then as_root=(--user=root); fi

running() { live_pid "$dir/pid" "--datadir=$dir/data"; }

sql() { "${client[0]}" --defaults-file="$dir/client.cnf" "${client[@]:1}" "$@"; }

# Root may come from 127.0.0.1 with the password that start was first given in
# RXTILL_ROOT_PASSWORD (none by default). Set before the first connection of each
# start, so there is no moment and no crash that leaves it otherwise.
write_access() {
	local port=$1 password account
	(
		umask 077
		[[ -e $dir/password ]] || printf '%s' "${RXTILL_ROOT_PASSWORD-}" >"$dir/password"
		password=$(<"$dir/password")
		[[ $password =~ ^[A-Za-z0-9._-]*$ ]] || die 'a root password may have letters, digits and ._- only'
		printf '[client]\nhost=127.0.0.1\nport=%s\nuser=root\npassword="%s"\n' "$port" "$password" >"$dir/client.cnf"
		for account in "root@localhost" "root@'127.0.0.1'"; do
			echo "CREATE USER IF NOT EXISTS $account;"
			echo "ALTER USER $account IDENTIFIED BY '$password';"
			echo "GRANT ALL ON *.* TO $account WITH GRANT OPTION;"
		done >"$dir/init.sql"
	)
	echo "$port" >"$dir/port"
}

# Answers, or has ended: either way there is nothing more to wait for.
settled() { sql --connect-timeout=5 -e 'SELECT 1' >/dev/null 2>&1 || has_ended "$1"; }

start() {
	local port pid
	find_server || die "not installed; run: dev/${0##*/} install"
	mkdir -p "$dir"
	lock "$dir/lock"
	if pid=$(running); then
		port=$(<"$dir/port")
		[[ $1 == auto || $1 == "$port" ]] || die "$dir already has a server, on port $port"
		echo "$port $pid"
		return
	fi
	port=$(checked_port "$1")
	shift
	# A server that starts deletes every temporary table in its folder for them: in a
	# folder that servers share, also those that another is working with.
	mkdir -p "$dir/tmp"
	if [[ ! -e $dir/data ]]; then
		# Renamed when whole, so that an interrupted one is never mistaken for a database.
		rm -rf "$dir/data.new"
		initialize "$dir/data.new" "$dir/log" --tmpdir="$dir/tmp" || {
			tail -n 30 "$dir/log" >&2
			die "could not make a database in $dir"
		}
		mv "$dir/data.new" "$dir/data"
	fi
	write_access "$port"
	# The socket's path is relative to the data: a long path would be refused.
	setsid "${server[@]}" --datadir="$dir/data" --socket=socket --pid-file="$dir/server.pid" \
		--tmpdir="$dir/tmp" --init-file="$dir/init.sql" --bind-address=127.0.0.1 --port="$port" "$@" \
		</dev/null >>"$dir/log" 2>&1 9>&- &
	pid=$!
	echo "$pid" >"$dir/pid"
	wait_until 120 settled "$pid" || end "$pid"
	if has_ended "$pid"; then
		tail -n 30 "$dir/log" >&2
		die "${0##*/} did not start; its log: $dir/log"
	fi
	echo "$port $pid"
}

stop() {
	local pid
	[[ -d $dir ]] || return 0
	lock "$dir/lock"
	if pid=$(running); then end "$pid"; fi
}

main() {
	local verb=${1-} port
	case $verb in
	install)
		(($# == 1)) || usage
		install_server
		return
		;;
	start)
		(($# >= 3)) || usage
		port=$2 dir=$(realpath -m "$3")
		[[ $dir != *[[:space:]]* ]] || die "the servers take no path with a space: $dir"
		start "$port" "${@:4}"
		;;
	stop | sql)
		(($# >= 2)) || usage
		dir=$(realpath -m "$2")
		find_server || die 'not installed'
		"$verb" "${@:3}"
		;;
	*) usage ;;
	esac
}
