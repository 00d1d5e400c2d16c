#!/usr/bin/env bash
# A private PostgreSQL and a private RabbitMQ, for one command or for a while.
#
#   stack.sh run DIR -- COMMAND...  starts both, runs COMMAND with DATABASE_URL and
#                                   AMQP_URL set, stops both, exits as COMMAND did
#   stack.sh up DIR                 starts both and leaves them running
#   stack.sh env DIR                prints their URLs as export lines
#   stack.sh status DIR             tells what runs; exits 3 unless everything does
#   stack.sh down DIR               stops both and deletes their data
#   stack.sh kill-rabbit DIR        kills one of them, data kept, and
#   stack.sh start-rabbit DIR       starts it again, for tests of failures;
#   stack.sh kill-postgres DIR      a COMMAND finds DIR in $ERPBRIDGE_STACK
#   stack.sh start-postgres DIR
#   stack.sh rabbitmqctl DIR ARGS   runs rabbitmqctl on it: alarms, connections, policies
#   stack.sh clock DIR OFFSET       moves PostgreSQL's clock to +90s, -90s, +0 of the
#                                   machine's, at once and for as long as DIR is there
#
# Both listen on free ports of 127.0.0.1 only, with users and passwords made for
# the occasion, and PostgreSQL is as durable as in production. All their files are
# in DIR; of a run only the logs stay. Where DATABASE_URL and AMQP_URL are set
# already, run uses those servers and starts none.
#
# PostgreSQL has a clock that can be moved where ERPBRIDGE_STACK_CLOCK=1 asks for it
# when it is started, and a C compiler is installed (install.sh compiler).
#
# The servers outlive no run: not an error, not Ctrl-C, not a TERM, and not the
# KILL of this script, after which a guard takes them down.
set -euo pipefail
export LC_ALL=C

self=$(readlink -f -- "$0")
rabbit_bin=/usr/lib/rabbitmq/bin

say() { printf 'stack: %s\n' "$*" >&2; }
die() {
  say "$*"
  exit 1
}
usage() {
  sed -n '3,16s/^# \{0,1\}//p' "$self" >&2
  exit 2
}

# ---- processes

# born PID: when the process began, in clock ticks since boot. A pid alone proves
# nothing: it may have passed to another process. Fails if there is none.
born() {
  local stat
  read -r stat <"/proc/$1/stat" || return 1
  read -ra stat <<<"${stat##*) }" # the name before it may hold anything
  [ "${stat[0]}" != Z ] && echo "${stat[19]}"
} 2>/dev/null

remember() { echo "$2 $(born "$2")" >"$dir/$1.pid"; }

# pid_of NAME: the pid of a remembered process. Fails if it is gone.
pid_of() {
  local pid since
  read -r pid since <"$dir/$1.pid" || return 1
  [ -n "$since" ] && [ "$(born "$pid")" = "$since" ] && echo "$pid"
} 2>/dev/null

# halt NAME SIGNAL SECONDS: signals a process's whole group and waits until the
# process is gone, in the end by force.
halt() {
  local pid i
  if pid=$(pid_of "$1"); then
    kill -s "$2" -- "-$pid" 2>/dev/null || true
    for ((i = 0; i < $3 * 20; i++)); do
      pid_of "$1" >/dev/null || break
      sleep 0.05
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
    while pid_of "$1" >/dev/null; do sleep 0.05; done
  fi
  rm -f -- "$dir/$1.pid"
}

# ---- who runs the servers, and where their files are

# PostgreSQL and RabbitMQ refuse root, so root runs them as the user postgres.
server_user=$(id -un)
[ "$(id -u)" != 0 ] || server_user=postgres

# as_server COMMAND...: as that user, in a clean environment, in a folder everybody
# can enter. It execs.
as_server() {
  cd /
  local as=()
  [ "$(id -u)" != 0 ] || as=(setpriv "--reuid=$server_user" "--regid=$(id -g "$server_user")" --init-groups --)
  exec "${as[@]}" env -i "PATH=/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$files/rabbitmq" LC_ALL=C.UTF-8 "$@"
}

# launch NAME COMMAND...: starts a server in a session of its own, where no
# terminal's signal reaches it.
launch() {
  local name=$1
  shift
  # Every step execs: the pid is the server's own.
  (exec 8>&- 9>&- </dev/null >>"$files/log/$name.out" 2>&1 && as_server setsid "$@") &
  remember "$name" $!
  disown # its end is told by pid_of, not by the shell
}

# choose_files: the servers' files are in DIR, unless they could not live there.
choose_files() {
  files=$dir
  case $dir in
    *[!A-Za-z0-9/._+@-]*) ;; # RabbitMQ's scripts stumble over blanks
    *) ! (as_server test -x "$dir") || return 0 ;;
  esac
  files=$(mktemp -d -p /var/tmp erpbridge-XXXXXX 2>/dev/null || mktemp -d -p /tmp erpbridge-XXXXXX) ||
    die "no folder for the servers' files, neither $dir nor one in /var/tmp or /tmp"
  chown "$server_user" "$files"
  say "the servers, as user $server_user, can't work in $dir: their files are in $files until they stop"
}

# ---- what is known about a stack, kept in DIR/state

known=(id files kept pg_port amqp_port dist_port epmd_port user password shim)
save() {
  local name
  (umask 077 && for name in "${known[@]}"; do printf '%s=%q\n' "$name" "${!name}"; done >"$dir/state.new")
  mv -- "$dir/state.new" "$dir/state"
}
# shellcheck source=/dev/null
load() { [ -f "$dir/state" ] && . "$dir/state"; }

# hold: one of us at a time.
hold() {
  mkdir -p -- "$dir"
  [ -w "$dir" ] || die "can't write in $dir"
  exec 9>"$dir/lock"
  flock -w "$1" 9 || die "$dir is in use by another run: wait for it to end"
}

random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

open_port() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port: one that nothing listens on, below those the kernel gives to outgoing
# connections.
free_port() {
  local port
  while port=$((20000 + (RANDOM << 15 | RANDOM) % 12000)); open_port "$port"; do :; done
  echo "$port"
}

# ---- PostgreSQL

postgres_bin() { compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1; }

make_postgres() {
  local data=$files/postgres/data
  printf '%s\n' "$password" >"$files/postgres/password"
  (as_server "$(postgres_bin)/initdb" --pgdata="$data" --username="$user" --pwfile="$files/postgres/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync) >"$files/log/initdb.out" 2>&1 || return
  rm -f -- "$files/postgres/password"
  cat >>"$data/postgresql.conf" <<-END
	listen_addresses = '127.0.0.1'
	port = $pg_port
	unix_socket_directories = ''
	max_connections = 200
	timezone = 'UTC'
	log_timezone = 'UTC'
	# What a 2xx promises rests on these three; the product refuses to run without.
	fsync = on
	synchronous_commit = on
	full_page_writes = on
	END
  (as_server "$(postgres_bin)/postgres" --single -D "$data" postgres) <<<"CREATE DATABASE $user;" >>"$files/log/initdb.out" 2>&1
}

start_postgres() {
  rm -f -- "$files/log/postgres.out" # postgres_ready looks for this start's line
  local clock=()
  [ -z "${shim:-}" ] || clock=(env "LD_PRELOAD=$shim" "ERPBRIDGE_CLOCK=$files/clock")
  launch postgres "${clock[@]}" "$(postgres_bin)/postgres" -D "$files/postgres/data"
}

# make_clock: the library that gives PostgreSQL a clock of its own, where one is asked
# for.
make_clock() {
  shim=
  [ "${ERPBRIDGE_STACK_CLOCK:-}" = 1 ] || return 0
  if gcc -O2 -shared -fPIC -o "$files/clock.so" "${self%/*}/clock.c" 2>/dev/null; then
    shim=$files/clock.so
    chmod 755 "$shim"
  else
    say "there is no C compiler: nobody can move this PostgreSQL's clock"
  fi
}

# write_clock SECONDS: in place, and all eight bytes at once, because it is mapped into
# every process of PostgreSQL.
write_clock() {
  local sign=${1%%[0-9]*} whole=${1#[+-]} part= ns bytes= i
  case $whole in *.*) part=${whole#*.} whole=${whole%%.*} ;; esac
  part=${part}000000000
  ns=$((${sign}1 * (10#$whole * 1000000000 + 10#${part:0:9})))
  for i in 0 8 16 24 32 40 48 56; do bytes+=$(printf '\\%03o' $(((ns >> i) & 255))); done
  # shellcheck disable=SC2059 # the bytes are escapes
  printf "$bytes" | dd of="$files/clock" bs=8 count=1 conv=notrunc status=none
  chmod 644 "$files/clock"
}

# The log and not the port: another server might answer there.
postgres_ready() { grep -qs 'ready to accept connections' "$files/log/postgres.out"; }

# kill_postgres: the server and all its children at once, as when the machine dies.
kill_postgres() {
  local pid all
  pid=$(pid_of postgres) || return 0
  read -ra all < <(echo "$pid $(cat "/proc/$pid/task/$pid/children")")
  kill -KILL "${all[@]}" 2>/dev/null || true
  for pid in "${all[@]}"; do
    while born "$pid" >/dev/null; do sleep 0.05; done
  done
  # Nothing of it lives, but until init has reaped it the next one takes it for alive.
  rm -f -- "$files/postgres/data/postmaster.pid"
}

# ---- RabbitMQ

make_rabbitmq() {
  local d=$files/rabbitmq
  mkdir -p "$d/none"
  echo '[].' >"$d/plugins"
  cat >"$d/rabbitmq.conf" <<-END
	listeners.tcp.1 = 127.0.0.1:$amqp_port
	default_user = $user
	default_pass = $password
	disk_free_limit.absolute = 50MB
	raft.wal_max_size_bytes = 67108864
	log.file = rabbitmq.log
	log.file.level = info
	END
}

start_rabbitmq() {
  local d=$files/rabbitmq node=erpbridge_$id@localhost
  rm -f -- "$files/log/rabbitmq.log" # rabbitmq_ready looks for this start's line
  # No epmd, Erlang's port mapper: it would listen on more than 127.0.0.1, and stay
  # behind. The VM is told the only port there is to map; and because RabbitMQ looks
  # for an epmd once a minute and starts one through a VM of its own, the flag against
  # that is in the environment, which such a VM inherits.
  launch rabbitmq env \
    ERL_FLAGS='-start_epmd false' ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$epmd_port" \
    RABBITMQ_NODENAME="$node" RABBITMQ_USE_LONGNAME=false \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-sname $node -erl_epmd_port $dist_port -kernel inet_dist_use_interface {127,0,0,1}" \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$amqp_port" RABBITMQ_DIST_PORT="$dist_port" \
    RABBITMQ_CONF_ENV_FILE="$d/none/env" RABBITMQ_CONFIG_FILES="$d/none/*.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$d/none/advanced" \
    RABBITMQ_CONFIG_FILE="$d/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$d/plugins" \
    RABBITMQ_MNESIA_BASE="$d/data" RABBITMQ_SCHEMA_DIR="$d/schema" RABBITMQ_GENERATED_CONFIG_DIR="$d/generated" \
    RABBITMQ_PID_FILE="$d/pid" RABBITMQ_LOG_BASE="$files/log" \
    detached=yes "$rabbit_bin/rabbitmq-server" # detached: its script execs the VM
}

rabbitmq_ready() { grep -q 'Server startup complete' "$files/log/rabbitmq.log" 2>/dev/null; }

# ---- both

# await NAME: until NAME_ready. Fails once the server is gone, or after two minutes.
await() {
  local i
  for ((i = 0; i < 1200; i++)); do
    ! "$1_ready" || return 0
    pid_of "$1" >/dev/null || return
    sleep 0.1
  done
  return 1
}

start() {
  choose_files
  make_clock
  pg_port=$(free_port) amqp_port=$(free_port) dist_port=$(free_port) epmd_port=$(free_port)
  save
  rm -rf -- "${files:?}"/{log,postgres,rabbitmq}
  mkdir -m 700 "$files"/{log,postgres,rabbitmq} || return
  make_rabbitmq
  [ "$(id -u)" != 0 ] || chown -R "$server_user:" "$files"/{log,postgres,rabbitmq}
  write_clock +0
  start_rabbitmq || return # the slow one first; PostgreSQL is made meanwhile
  make_postgres && start_postgres && await postgres && await rabbitmq
}

# start_stack KEPT: starts both, or says why that did not work and ends.
start_stack() {
  kept=$1 id=$(random 4) user=erpbridge password=$(random 16)
  ! start || return 0
  # Another program may have taken a port between the look and the start.
  if grep -qsE 'eaddrinuse|Address (already )?in use' "$files"/log/*; then
    take_down
    ! start || return 0
  fi
  tail -n 12 "$files"/log/* >&2
  die "the servers did not start"
}

take_down() {
  halt command TERM 15
  load || return 0
  halt rabbitmq KILL 1
  halt postgres QUIT 10
  if [ "$files" != "$dir" ]; then
    rm -rf -- "$dir/log"
    [ ! -d "$files/log" ] || mv -- "$files/log" "$dir/log"
    rm -rf -- "${files:?}"
  fi
  rm -rf -- "${dir:?}"/{postgres,rabbitmq,state,clock}
}

export_lines() {
  echo "export DATABASE_URL='postgres://$user:$password@127.0.0.1:$pg_port/$user?sslmode=disable'"
  echo "export AMQP_URL='amqp://$user:$password@127.0.0.1:$amqp_port/'"
}

all_up() { pid_of rabbitmq && pid_of postgres; } >/dev/null

# ---- commands

# on_end COMMAND: however this script ends, COMMAND is its last act.
on_end() {
  # shellcheck disable=SC2064 # expanded now
  trap "trap '' INT TERM HUP; $1" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
}

cmd_run() {
  [ "${1:-}" != -- ] || shift
  [ $# -gt 0 ] || usage
  "${self%/*}/install.sh" servers
  if [ -n "${DATABASE_URL:-}" ] && [ -n "${AMQP_URL:-}" ]; then
    say "using the servers of DATABASE_URL and AMQP_URL"
    exec "$@"
  fi

  hold 0
  if load; then
    [ -z "$kept" ] || ! all_up || die "$dir holds servers that were started to stay: take another folder, or stop them with '$0 down $dir'"
    take_down # what a killed run left
  fi
  on_end end_run
  # The guard reads until it is told that all is done, or until this script is gone.
  exec 8> >(exec 9>&- >/dev/null 2>&1 && exec setsid "$self" guard "$dir")
  guard=$!
  start_stack ''
  eval "$(export_lines)"
  export ERPBRIDGE_STACK=$dir

  set -m # a process group of its own, so that one signal reaches all of the command
  "$@" </dev/null 8>&- 9>&- &
  set +m
  remember command $!
  local code=0
  wait $! || code=$?
  exit "$code"
}

end_run() {
  take_down
  echo over >&8
  wait "$guard" || true
}

cmd_guard() {
  trap '' INT TERM HUP
  ! read -r _ || exit 0
  hold 20 # not to be had: the next run has taken over, and cleans up by itself
  ! load || [ -n "$kept" ] || take_down
}

cmd_up() {
  "${self%/*}/install.sh" servers
  hold 0
  if load && [ -n "$kept" ] && all_up; then
    export_lines
    return
  fi
  take_down
  on_end take_down
  start_stack yes
  trap - EXIT
  export_lines
}

cmd_status() {
  local name pid code=0
  for name in postgres rabbitmq; do
    if pid=$(pid_of "$name"); then
      echo "$name runs as process $pid"
    else
      echo "$name is down"
      code=3
    fi
  done
  return $code
}

# cmd_start NAME: starts one of the two again.
cmd_start() {
  ! pid_of "$1" >/dev/null || return 0
  "start_$1" && await "$1" && return
  tail -n 12 "$files/log/$1".* >&2
  die "$1 did not start"
}

# cmd_rabbitmqctl ARGS...: it finds the server without an epmd too, and listens to
# nobody itself.
cmd_rabbitmqctl() {
  local d=$files/rabbitmq
  as_server env RABBITMQ_NODENAME="erpbridge_$id@localhost" RABBITMQ_USE_LONGNAME=false \
    RABBITMQ_CONF_ENV_FILE="$d/none/env" RABBITMQ_ENABLED_PLUGINS_FILE="$d/plugins" RABBITMQ_LOG_BASE="$files/log" \
    RABBITMQ_CTL_ERL_ARGS="-start_epmd false -dist_listen false -erl_epmd_port $dist_port" \
    "$rabbit_bin/rabbitmqctl" --timeout 20 "$@"
}

# cmd_clock OFFSET: PostgreSQL sees it at its next look.
cmd_clock() {
  [[ ${1:-} =~ ^[+-][0-9]+(\.[0-9]+)?s?$ ]] || die "an offset is like +90s, -90s or +0, not '${1:-}'"
  [ -n "${shim:-}" ] || die "this PostgreSQL's clock can't be moved: start it with ERPBRIDGE_STACK_CLOCK=1, and with a C compiler installed ('${self%/*}/install.sh compiler')"
  write_clock "${1%s}"
}

command=${1:-} dir=${2:-}
[ -n "$dir" ] || usage
shift 2
dir=$(realpath -ms -- "$dir")

case $command in
  run) cmd_run "$@" ;;
  up) cmd_up ;;
  guard) cmd_guard ;;
  down)
    hold 0
    take_down
    ;;
  *)
    load || die "there are no servers in $dir"
    case $command in
      env) export_lines ;;
      status) cmd_status ;;
      kill-rabbit) halt rabbitmq KILL 1 ;;
      kill-postgres) kill_postgres ;;
      start-rabbit) cmd_start rabbitmq ;;
      start-postgres) cmd_start postgres ;;
      rabbitmqctl) cmd_rabbitmqctl "$@" ;;
      clock) cmd_clock "$@" ;;
      *) usage ;;
    esac
    ;;
esac
