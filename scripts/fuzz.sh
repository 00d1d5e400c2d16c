#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, for $FUZZTIME each (10s), and
# stops at the first that finds something: go test then has written the input into the
# package's testdata/fuzz, from where every later test run repeats it.
set -euo pipefail
cd -- "$(dirname -- "$0")/.."
fuzztime=${FUZZTIME:-10s}
out=$(mktemp)
trap 'rm -f -- "$out"' EXIT

# Only packages that have targets are built and asked for their names.
mapfile -t folders < <(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -r dirname | sort -u)
count=0
for folder in "${folders[@]}"; do
  go test -list '^Fuzz' "$folder" >"$out" || {
    cat "$out" >&2
    exit 1
  }
  mapfile -t targets < <(grep '^Fuzz' "$out" || true)
  for target in "${targets[@]}"; do
    label="$folder $target"
    if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$folder" >"$out" 2>&1; then
      # The end of the time is sometimes told as a failure (go.dev/issue/75804); what is
      # found is told with the input that found it.
      if ! grep -q 'context deadline exceeded' "$out" || grep -qE 'Failing input|panic:|hung or terminated' "$out"; then
        printf '%-60s FAILED\n' "$label"
        cat "$out" >&2
        exit 1
      fi
    fi
    tried=$(sed -nE 's/^fuzz: elapsed: ([^,]*), execs: ([0-9]+) .*total: ([0-9]+)\).*/\2 inputs in \1, \3 kept/p' "$out" | tail -n 1)
    printf '%-60s %s\n' "$label" "${tried:-only its seeds: the time was too short for more}"
    count=$((count + 1))
  done
done
[ "$count" -gt 0 ] || {
  echo "fuzz: there is no fuzz target" >&2
  exit 1
}
echo "fuzz: $count targets, $fuzztime each, nothing found"
