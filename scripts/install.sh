#!/usr/bin/env bash
# Installs what the project's commands need from Debian's packages.
#
#   install.sh [NEED...]   NEED is servers, xml, sftp, compiler or network; without one: servers
#
# What is there already is left alone, and so are the system's services: the
# packages would start RabbitMQ and PostgreSQL on their default ports, now and at
# every boot, and nobody asked for that. Where DATABASE_URL and AMQP_URL name
# servers already, nothing is installed.
set -euo pipefail

self=$(readlink -f -- "$0")
root=${self%/scripts/install.sh}

say() { printf 'install: %s\n' "$*" >&2; }
installed() { command -v "$1" >/dev/null; }

# missing NEED: names the packages that NEED still wants.
missing() {
  case $1 in
    servers)
      [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || echo rabbitmq-server
      compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
      ;;
    xml) # xmllint, and what runs the checker beside the samples, where there are any
      installed xmllint || echo libxml2-utils
      [ ! -e "${ERPBRIDGE_SHARED:-$root/../shared}/tools/xmlcheck" ] || installed python3 || echo python3
      ;;
    network) # a cluster's nodes have networks of their own, which only root can make
      [ "$(id -u)" != 0 ] || PATH=$PATH:/usr/sbin:/sbin installed ip || echo iproute2
      ;;
    sftp) # a second peer for what is delivered as files, and a second reader of what is sealed in them
      [ -x /usr/lib/openssh/sftp-server ] || echo openssh-sftp-server
      installed gpg || echo gnupg
      ;;
    compiler) # the race detector links with C
      installed gcc || echo gcc
      [ -e /usr/include/stdlib.h ] || echo libc6-dev
      ;;
    *)
      say "unknown need: $1"
      exit 2
      ;;
  esac
}

# install_packages PACKAGE...: installs, with every service held back, and leaves
# no trace of the holding back.
undo=()
install_packages() {
  exec 7</usr/sbin
  flock 7 # two installs at once would remove each other's policy

  local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d had_rabbit='' log
  trap 'rm -f -- "${undo[@]}"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ ! -e "$policy" ]; then
    undo+=("$policy")
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  if [ ! -e "$clusters/erpbridge.conf" ]; then
    undo+=("$clusters/erpbridge.conf")
    mkdir -p "$clusters"
    echo 'create_main_cluster = false' >"$clusters/erpbridge.conf"
  fi
  [ ! -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || had_rabbit=yes
  log=$(mktemp)
  undo+=("$log")

  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300)
  say "installing $* from Debian's packages"
  # The lists may be empty or old: then, and only then, they are fetched anew.
  if ! "${get[@]}" install --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
    if ! { "${get[@]}" update && "${get[@]}" install --no-install-recommends "$@"; } </dev/null >"$log" 2>&1; then
      tail -n 30 "$log" >&2
      say "apt-get could not install $*"
      return 1
    fi
  fi
  # The policy holds a service back now, not at the next boot.
  if [ -z "$had_rabbit" ] && installed systemctl; then
    systemctl --quiet disable rabbitmq-server.service epmd.service epmd.socket >/dev/null 2>&1 ||
      say "could not keep rabbitmq-server from starting at the next boot"
  fi
}

if [ "${1:-}" = --packages ]; then
  shift
  install_packages "$@"
  exit
fi

case ${DATABASE_URL:+database}${AMQP_URL:+broker} in
  database | broker)
    say "one of DATABASE_URL and AMQP_URL is set without the other: set both to use servers of your own, or neither to have private ones started"
    exit 2
    ;;
esac

wanted=()
for need in "${@:-servers}"; do
  # A command's status is lost in a process substitution, so not there.
  names=$(missing "$need")
  mapfile -t -O "${#wanted[@]}" wanted < <(printf '%s' "${names:+$names$'\n'}")
done
[ ${#wanted[@]} -gt 0 ] || exit 0

if [ -n "${DATABASE_URL:-}" ] && [ -n "${AMQP_URL:-}" ]; then
  for package in "${wanted[@]}"; do
    case $package in
      rabbitmq-server | postgresql) ;;
      *) say "note: $package is not installed; what needs it will say so" ;;
    esac
  done
  exit 0
fi
if ! installed apt-get || ! installed dpkg; then
  say "this is not Debian: set DATABASE_URL and AMQP_URL to a PostgreSQL (15 or newer) and a RabbitMQ of your own, for example those of 'docker compose up -d' (compose.yaml)"
  exit 2
fi

as_root=("$self" --packages "${wanted[@]}")
if [ "$(id -u)" = 0 ]; then
  exec "${as_root[@]}"
elif installed sudo && sudo -n true 2>/dev/null; then
  exec sudo -n "${as_root[@]}"
fi
line=$(printf '%q ' "${as_root[@]}")
if installed sudo; then line="sudo ${line% }"; else line="su -c '${line% }'"; fi
say "not installed: ${wanted[*]}. Installing takes root's rights; run: $line"
exit 1
