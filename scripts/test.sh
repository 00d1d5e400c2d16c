#!/usr/bin/env bash
# The whole suite, against the servers of DATABASE_URL and AMQP_URL: vet, every
# test, and all under the race detector. There -short leaves out what
# is long without being concurrent.
set -euo pipefail
cd -- "$(dirname -- "$0")/.."

# All packages share one PostgreSQL: more at once than this would be a test of its
# max_connections.
packages=4
# Tests of one package that mostly wait, for a daemon or a shop, wait together.
tests=4

go vet ./...
go vet -tags torture ./...
go test -count=1 -tags torture ./internal/fault
if ! command -v gcc >/dev/null; then
  echo "test: no C compiler, so no race detector" >&2
  go test -count=1 -timeout 20m -p "$packages" -parallel "$tests" ./...
  exit
fi
# What leaves nothing out with -short would be run twice alike: the race detector's turn
# is enough. Before it come the tests that -short leaves out. Where these say so themselves
# they alone are run; where something does that several of them call, all that may call it.
module=$(go list -m)
mapfile -t long < <(
  grep -rl --include='*.go' 'testing\.Short()' . | sort | xargs awk -v module="$module" '
    /^func / { name = $2; sub(/\(.*/, "", name) }
    /testing\.Short\(\)/ { dir = FILENAME; sub(/\/[^\/]*$/, "", dir); sub(/^\./, module, dir); print dir, (name ~ /^Test/ ? name : "*") }'
)
mapfile -t whole < <(
  awk 'NR == FNR { if ($2 == "*") short[$1]; next } { for (i = 1; i <= NF; i++) if ($i in short) { print $1; break } }' \
    <(printf '%s\n' "${long[@]}") \
    <(go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./...)
)
mapfile -t some < <(printf '%s\n' "${long[@]}" | awk '$2 != "*" { print $1 }' | sort -u | grep -vxF "$(printf '%s\n' "${whole[@]}")")
names=$(printf '%s\n' "${long[@]}" | awk '$2 != "*" { print $2 }' | paste -sd '|')
go test -count=1 -timeout 20m -p "$packages" -parallel "$tests" "${whole[@]}"
go test -count=1 -timeout 20m -p "$packages" -parallel "$tests" -run "^($names)\$" "${some[@]}"
CGO_ENABLED=1 go test -count=1 -timeout 20m -p "$packages" -parallel "$tests" -race -short ./...
