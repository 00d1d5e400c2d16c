#!/usr/bin/env bash
# Builds what torture needs into bin/, or into the folder $BIN: the daemon with its
# points for faults, the simulators and torture itself. In that daemon, and only there, a
# few times that operators never get to choose are short, because a test cannot wait for
# them: how long a claimed mail or event is another daemon's, and when a mail is tried
# again. The sources stay as they are: go build puts other files in their place.
set -euo pipefail
cd -- "$(dirname -- "$0")/.."
root=$PWD
bin=${BIN:-bin}
overlay=$(mktemp -d)
trap 'rm -rf -- "$overlay"' EXIT
replaced=

# shorten FILE CONSTANT VALUE
shorten() {
  local copy=$overlay/${1//\//_}
  [ -f "$copy" ] || cp -- "$1" "$copy"
  grep -qE "^(const )?[[:space:]]*$2 += " "$copy" || {
    echo "torture-build: $1 has no constant $2" >&2
    exit 1
  }
  sed -i -E "s/^((const )?[[:space:]]*$2 += ).*/\1$3/" "$copy"
  case $replaced in *"\"$root/$1\""*) ;; *) replaced+="${replaced:+,}\"$root/$1\":\"$copy\"" ;; esac
}

shorten outbox/notice.go noticeLease '6 * time.Second'
shorten alert/mailer.go firstWait '500 * time.Millisecond'
shorten cmd/erpbridge/run.go digestHold '2 * time.Second'
printf '{"Replace":{%s}}\n' "$replaced" >"$overlay/overlay.json"

CGO_ENABLED=0 go build -buildvcs=false -trimpath -tags torture -overlay "$overlay/overlay.json" -o "$bin/erpbridge-torture" ./cmd/erpbridge
CGO_ENABLED=0 go build -buildvcs=false -trimpath -o "$bin/" ./cmd/erpsim ./torture
