#!/usr/bin/env bash
# Proves that the checkers can fail: every wrong version of the code in this directory must be
# caught by a swarm, or by a single fault. Prints a line each, and exits with 1 if one survives.
#
#   formix-sim/planted/run.sh [--seeds N] [--quick N] [NAME...]
#
# Without names all patches are tried, or with --quick so many of them, drawn anew each time; each
# with 5000 seeds, as long as nothing is found. The columns:
#
#   invariant   what the swarm says is broken; with a ? if the patch does not expect that
#   first seed  how many seeds it survived
#   alone       whether a single fault of the canonical run reveals it (`formix-sim exhaust`)
#   needs       faults and moves of an adversary that are left of the first seed when it is shrunk
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
seeds=5000 quick=
names=()
while [ $# -gt 0 ]; do
    case $1 in
        --seeds) seeds=$2 && shift 2 ;;
        --quick) quick=$2 && shift 2 ;;
        *) names+=("$1") && shift ;;
    esac
done
if [ ${#names[@]} -eq 0 ]; then
    for file in "$here"/*.patch; do names+=("$(basename "$file" .patch)"); done
fi
if [ -n "$quick" ]; then
    mapfile -t names < <(printf '%s\n' "${names[@]}" | shuf -n "$quick")
fi

# The path stays the same, so that builds are reused from one run to the next.
copy=${TMPDIR:-/tmp}/formix-planted
export CARGO_TARGET_DIR=$copy/target
sim=$CARGO_TARGET_DIR/planted/formix-sim

mkdir -p "$copy"
rm -rf "$copy/formix-proto" "$copy/formix-sim"
cp -r "$root/formix-proto" "$root/formix-sim" "$root/Cargo.lock" "$copy"
sed -e 's/^members = .*/members = ["formix-proto", "formix-proto\/testkit", "formix-sim"]/' \
    -e '/^default-members/d' -e '/^exclude/d' \
    -e '/^formix-.* = { path/{/formix-proto\|formix-sim/!d}' \
    "$root/Cargo.toml" >"$copy/Cargo.toml"
# Fast to build: the wrong code differs for each patch, and runs for seconds.
cat >>"$copy/Cargo.toml" <<'EOF'

[profile.planted]
inherits = "release"
opt-level = 1
lto = "off"
codegen-units = 64
incremental = true

[profile.planted.package."*"]
opt-level = 3
EOF
cd "$copy"

# What the swarm found: the invariant and the seed, or nothing.
caught() {
    timeout 1200 "$sim" swarm --seeds "$seeds" --stop >out 2>err && return 0
    # Uneven coins are found in the sum of many runs, so no single seed shows them.
    if grep -q UNEVEN out; then
        sed -nE 's/^([0-9]+) seeds in .*/P2 \1/p' out
    else
        sed -nE 's/.*--seed ([0-9]+)  # ([A-Za-z0-9]+).*/\2 \1/p' out | head -n 1
    fi
}

# How many faults and moves of an adversary are left of a seed that is shrunk.
needed() {
    { "$sim" shrink --seed "$1" 2>&1 >/dev/null || true; } | tr '\r' '\n' |
        sed -nE 's/^([0-9]+) faults, ([0-9]+) moves.*/\1 \2/p' | tail -n 1 |
        { read -r faults moves && echo $((faults + moves)) || echo -; }
}

survivors=0 twofold=0 first=()
printf '%-34s %-10s %10s  %-9s %5s\n' patch invariant 'first seed' alone needs
for name in "${names[@]}"; do
    patch -s -p1 <"$here/$name.patch"
    cargo build -q --profile planted -p formix-sim 2>build.log || {
        cat build.log >&2
        exit 1
    }
    invariant='' seed=- needs=- alone=survives
    read -r invariant seed < <(caught) || true
    timeout 60 "$sim" exhaust >single 2>/dev/null || alone=caught
    # Too slow to tell, which is a fault of its own.
    [ -s single ] || alone=slow
    if [ -z "$invariant" ] && [ $alone = caught ]; then
        invariant=$(sed -nE 's/^([A-Z][0-9]) broken.*/\1/p' single | head -n 1) seed=-
    fi
    if [ -z "$invariant" ]; then
        invariant=SURVIVED seed=-
        survivors=$((survivors + 1))
    else
        sed '/^---/,$d' "$here/$name.patch" | grep -qw "$invariant" || invariant+='?'
    fi
    if [ "$seed" != - ]; then
        first+=("$seed")
        [ "${invariant%\?}" = P2 ] || needs=$(needed "$seed")
        if [ $alone = survives ] && [ "$needs" != - ] && [ "$needs" -ge 2 ]; then
            twofold=$((twofold + 1))
        fi
    fi
    printf '%-34s %-10s %10s  %-9s %5s\n' "$name" "$invariant" "$seed" "$alone" "$needs"
    patch -s -R -p1 <"$here/$name.patch"
done
median=$(printf '%s\n' "${first[@]}" | sort -n | sed -n "$(((${#first[@]} + 1) / 2))p")
echo "${#names[@]} patches, $survivors survived; median first seed ${median:--}; $twofold need two faults or more"
exit $((survivors > 0))
