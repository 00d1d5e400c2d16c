#!/usr/bin/env bash
# The whole suite, against the servers of DATABASE_URL and AMQP_URL: vet, every
# test, then the tests again under the race detector. There -short leaves out what
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
go test -count=1 -timeout 20m -p "$packages" -parallel "$tests" ./...
if command -v gcc >/dev/null; then
  CGO_ENABLED=1 go test -count=1 -timeout 20m -p "$packages" -parallel "$tests" -race -short ./...
else
  echo "test: no C compiler, so no race detector" >&2
fi
