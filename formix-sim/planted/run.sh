#!/usr/bin/env bash
# Proves that the checkers can fail: every wrong version of the code in this directory must be
# caught by a swarm. Prints a line each, and exits with 1 if one survives.
#
#   formix-sim/planted/run.sh [SEEDS] [NAME...]    (2000 seeds and all patches if not given)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
seeds=${1:-2000}
shift || true
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for file in "$here"/*.patch; do names+=("$(basename "$file" .patch)"); done
fi

# The path stays the same, so that builds are reused from one run to the next.
copy=${TMPDIR:-/tmp}/formix-planted
export CARGO_TARGET_DIR=$copy/target
# Fast to build: the wrong code differs for each patch.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_PROFILE_RELEASE_INCREMENTAL=true

mkdir -p "$copy"
rm -rf "$copy/formix-proto" "$copy/formix-sim"
cp -r "$root/formix-proto" "$root/formix-sim" "$root/Cargo.lock" "$copy"
sed -e 's/^members = .*/members = ["formix-proto", "formix-sim"]/' \
    -e '/^default-members/d' -e '/^exclude/d' \
    -e '/^formix-.* = { path/{/formix-proto\|formix-sim/!d}' \
    "$root/Cargo.toml" >"$copy/Cargo.toml"
cd "$copy"

survivors=0
printf '%-36s %-10s %s\n' patch invariant 'first seed'
for name in "${names[@]}"; do
    patch -s -p1 <"$here/$name.patch"
    cargo build -q --release -p formix-sim 2>"$copy/build.log" || {
        cat "$copy/build.log" >&2
        exit 1
    }
    status=0
    "$CARGO_TARGET_DIR/release/formix-sim" swarm --seeds "$seeds" >"$copy/out" 2>"$copy/err" || status=$?
    line=$(grep -m1 -- '--seed' "$copy/out" || true)
    if [ "$status" -eq 0 ]; then
        printf '%-36s %-10s %s\n' "$name" SURVIVED -
        survivors=$((survivors + 1))
    else
        seed=$(sed -E 's/.*--seed ([0-9]+).*/\1/' <<<"$line")
        printf '%-36s %-10s %s\n' "$name" "$(sed -E 's/.*# ([A-Za-z0-9]+).*/\1/' <<<"$line")" "$seed"
    fi
    patch -s -R -p1 <"$here/$name.patch"
done
exit $((survivors > 0))
