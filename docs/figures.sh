#!/usr/bin/env bash
# Measures the figures and writes docs/figures.md. They are kept in docs/figures.tsv, with the commit, the load and the
# machine of each.
#
#   docs/figures.sh                 every section: some hours, on a machine with nothing else to do
#   docs/figures.sh wire kernel     these sections; all others stay as they are
#   docs/figures.sh --page          only writes the page
#
# A figure is criterion's middle estimate, or the median of RUNS runs (3 if not set), with all runs in brackets.
# Needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."
kept=docs/figures.tsv page=docs/figures.md runs=${RUNS:-3}

sections=(network scale kernel heavy wire simulator swarm exhaust explore million fuzz kills conformance build)

# ---- numbers

# A row of the section at hand: what it is, the figure, and what to compare it with.
row() { printf '%s\t%s\t%s\n' "$1" "$2" "${3-}"; }

# Numbers, one a line: the median, and all of them in brackets if there is more than one.
median() {
    sort -g | awk -v unit="$1" '
        { all[NR] = $1; list = list (NR > 1 ? ", " : "") $1 }
        END { printf "%s%s", all[int((NR + 1) / 2)], unit; if (NR > 1) printf " (%s)", list; print "" }'
}

# Nanoseconds as people read them.
span() {
    awk -v ns="$1" 'BEGIN {
        split("ns us ms s", unit); i = 1
        while (ns >= 1000 && i < 4) { ns /= 1000; i++ }
        printf(ns < 10 ? "%.1f %s\n" : "%.0f %s\n", ns, unit[i])
    }'
}

# A number with its thousands or millions.
many() {
    awk -v n="$1" 'BEGIN {
        if (n >= 1e6) printf "%.2f million\n", n / 1e6
        else if (n >= 1e4) printf "%.0f thousand\n", n / 1e3
        else printf "%.0f\n", n
    }'
}

# What criterion estimates for GROUP/NAME, in nanoseconds; and how many elements a second that is.
estimate() { jq '(.slope // .mean).point_estimate' "target/criterion/$1/new/estimates.json"; }
rate() {
    local elements
    elements=$(jq '.throughput.Elements' "target/criterion/$1/new/benchmark.json")
    many "$(awk -v n="$elements" -v ns="$(estimate "$1")" 'BEGIN { print n / ns * 1e9 }')"
}

bench() { cargo bench --locked -q -p formix-benches --bench "$@"; }
sim() { cargo run --release --locked -q -p formix-sim -- "$@"; }
repeat() { for _ in $(seq "$runs"); do "$@"; done; }
# The seconds that a command takes by the clock; what it prints goes to standard error.
seconds() { local TIMEFORMAT=%0R; { time "$@" >&2; } 2>&1 >/dev/null | tail -n 1; }

# ---- sections: a title, the command that a reader would run, and what is made of it

title_network="A network of 3 heavy and 5 light nodes on loopback, real QUIC, a log on disk for each node"
command_network="cargo bench -p formix-benches --bench network"
measure_network() {
    bench network >&2
    row "\`propose\` returns" "$(span "$(estimate network/propose)")" "original: 5.7 s"
    row "from \`propose\` to the outcome, all answers at hand" "$(span "$(estimate network/outcome)")" \
        "original: the deadline + 0.8 s"
    row "from the deadline to the outcome, one light node silent" \
        "$(span "$(estimate network/past-deadline)")" "original: 0.8 s"
}

title_scale="Large networks in one process"
command_scale="cargo bench -p formix-benches --bench scale -- 3"
measure_scale() {
    local said
    said=$(bench scale -- "$runs")
    row "50 heavy + 950 light nodes: start, compute, shut down, the right sum" \
        "$(sed -n 's/.*shut down after \([0-9.]*\)s;.*/\1/p' <<<"$said" | median ' s')" \
        "original: 243 s to start, wrong sum"
    row "50 computations at once over 10 light nodes, all right" \
        "$(awk '/computations at once/ { n = $NF; print(n ~ /ms$/ ? n / 1000 : n + 0) }' <<<"$said" | median ' s')" \
        "original: 1 of 50 right"
}

title_kernel="Split, three sums, reconstruct: contributions per second and core"
command_kernel="cargo bench -p formix-benches --bench kernel"
measure_kernel() {
    bench kernel >&2
    row "of one element" "$(rate kernel/1)" "original: 0.15 million"
    row "of 100 elements" "$(rate kernel/100)"
}

title_heavy="One heavy node's machine: contributions decoded, admitted, recorded, receipted"
command_heavy="cargo bench -p formix-benches --bench heavy"
measure_heavy() {
    bench heavy >&2
    row "contributions per second" "$(rate heavy/contributions)"
}

title_wire="One contribution on the wire"
command_wire="cargo bench -p formix-benches --bench wire"
measure_wire() {
    bench wire >&2
    row "encoded" "$(span "$(estimate wire/encode)")"
    row "decoded" "$(span "$(estimate wire/decode)")"
}

title_simulator="One simulated computation, 3 heavy + 5 light nodes, every check on"
command_simulator="cargo bench -p formix-benches --bench simulator"
measure_simulator() {
    bench simulator >&2
    row "computations per second and core" "$(rate simulator/computation)" "goal: 2,000"
}

title_swarm="Simulated networks with faults, every check on, on all cores; a third of the seeds five times over for P1"
command_swarm="cargo run --release -p formix-sim -- swarm --seeds 20000"
measure_swarm() {
    local said each
    said=$(repeat sim swarm --seeds "${SEEDS:-20000}" --json)
    each() { jq -r "$1" <<<"$said"; }
    row "seeds per second" "$(each '.seeds_per_second | round' | median '')"
    row "events per second" "$(each '.events_per_second | round' | median '')" "goal: 500,000 per core"
    row "seconds for the seeds of one gate" "$(each '.seconds | round' | median '')" "goal: 120"
    row "faults per seed, median" "$(each .median_faults | tail -n 1)" "goal: 10"
    row "situations that occurred, of those listed" \
        "$(each '.situations | "\([.[] | select(. > 0)] | length) of \(length)"' | tail -n 1)" "goal: 90 %"
    row "coalitions compared; around a sum that was revealed; in a group that was suppressed" \
        "$(each '"\(.coalitions); \(.coalitions_revealed); \(.coalitions_suppressed)"' | tail -n 1)" \
        "goal: 5,000 seeds x 3 coalitions"
}

title_exhaust="Every single fault, and every two, of the canonical runs: a sum, and sums in two groups"
command_exhaust="cargo run --release -p formix-sim -- exhaust --pairs"
measure_exhaust() {
    local pairs said
    for pairs in "" --pairs; do
        said=$(sim exhaust $pairs 2>/dev/null)
        row "runs${pairs:+ of two faults}; that broke something; seconds" \
            "$(sed -n 's/.*; \([0-9]*\) runs in \([0-9.]*\) s, \([0-9]*\) broke.*/\1; \3; \2/p' <<<"$said" | paste -sd, | sed 's/,/, and /')" \
            "goal: 100 % survive"
    done
}

title_explore="Every order of messages and writes, 3 heavy + 1 light node"
command_explore="cargo run --release -p formix-sim -- explore --lights 1"
measure_explore() {
    row "a sum" "$(sim explore --lights 1 | tail -n 1)" "goal: all, or 10^7 states"
    row "in groups" "$(sim explore --lights 1 --grouped | tail -n 1)"
}

title_million="One large simulated computation on one core, every check on"
command_million="/usr/bin/time -v cargo run --release -p formix-sim -- network --lights 1000000"
measure_million() {
    local lights log
    log=$(mktemp)
    cargo build --release --locked -q -p formix-sim
    for lights in 1000 10000 100000 1000000; do
        /usr/bin/time -f '%U %S %M' -o "$log" target/release/formix-sim network --lights "$lights" --json >"$log.json"
        row "$lights light nodes: events; processor time; memory" "$(many "$(jq .row.events "$log.json")"); $(
            awk '{ printf "%.2f s; %.0f MB", $1 + $2, $3 / 1024 }' "$log")"
    done
    rm -f "$log" "$log.json"
}

title_fuzz="Fuzzing with AddressSanitizer"
command_fuzz="FUZZ_SECONDS=20 .ci/fuzz"
measure_fuzz() {
    FUZZ_SECONDS=${FUZZ_SECONDS:-20} .ci/fuzz | awk '$2 == "ok" { print $1 "\t" $4 }' |
        while IFS=$'\t' read -r target speed; do
            row "\`$target\`, runs per second of the clock" "$(many "$speed")" \
                "$(case $target in frame | record) echo "goal: 50,000" ;; esac)"
        done
}

title_kills="Real processes killed while they compute"
command_kills="FORMIX_SEED=1 cargo test -p formix-node --test kills -- --nocapture"
measure_kills() {
    local seed
    for seed in 1 2 3; do
        row "seed $seed" "$(FORMIX_SEED=$seed cargo test --locked -q -p formix-node --test kills -- --nocapture |
            sed -n 's/^kills/SIGKILLs/p'); no violation" "goal: 200 kills, no violation"
    done
}

title_conformance="The suites that hold the simulator's assumptions against the real parts, in debug builds"
command_conformance="cargo test -p formix-node --lib store::tests::conformance; cargo test -p formix-transport --test conformance --test quic_weather"
measure_conformance() {
    local say='/^test result/ { print $4 " tests in " $NF }'
    row "both disks" \
        "$(cargo test --locked -q -p formix-node --lib store::tests::conformance 2>&1 | awk "$say" | paste -sd';')"
    row "the transports' suite; QUIC in bad weather" \
        "$(cargo test --locked -q -p formix-transport --test conformance --test quic_weather 2>&1 | awk "$say" | paste -sd';')"
}

title_build="A clean release build of the \`formix\` binary, crates already downloaded"
command_build="cargo build --release --locked; cargo tree -p formix-node -e normal"
measure_build() {
    local target crates
    target=$(mktemp -d)
    crates() { cargo tree --locked -p formix-node -e "$1" --prefix none --no-dedupe | awk '{ print $1, $2 }' | sort -u | wc -l; }
    row "seconds" "$(CARGO_TARGET_DIR=$target seconds cargo build --release --locked -q)"
    row "crates linked into it; with those that only build" "$(crates normal); $(crates normal,build)"
    rm -rf "$target"
}

# ---- the file that keeps them, and the page

machine() {
    printf '%s, %s cores, %s GiB, %s' \
        "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" "$(rustc --version | cut -d' ' -f1,2)"
}

# Measures a section, and puts its rows in the place of those that are kept.
measure() {
    local section=$1 load rows status
    load=$(cut -d' ' -f1 /proc/loadavg)
    # Not behind `||` or `if`, where errexit does not work.
    set +e
    rows=$(set -e; "measure_$section")
    status=$?
    set -e
    if [ "$status" -ne 0 ] || grep -qP '^[^\t]*\t\t' <<<"$rows"; then
        echo "figures: $section failed, and stays as it was" >&2
        failed=1
        return
    fi
    {
        awk -F'\t' -v section="$section" '$1 != section' "$kept"
        while IFS= read -r line; do
            printf '%s\t%s\t%s\t%s\t%s\n' "$section" "$line" "$commit" "load $load" "$(machine)"
        done <<<"$rows"
    } >"$kept.new"
    mv "$kept.new" "$kept"
}

write_page() {
    cat <<'END'
# Figures

<!-- Written by docs/figures.sh from docs/figures.tsv: change those. -->

Every measured figure, with its command. `docs/figures.sh` measures them again; under each table are the commit, the
load and the machine that its figures are of. Networks are real QUIC on loopback with a log on disk for each node; the
kernel, the heavy node's machine and the wire are measured alone. *Original* is the Python proof of concept that Formix
re-implements, on a machine of the same size; *goal* is what the project set itself.

**Short of its goal:** simulated events per second and core. Questions of every kind are longer than sums of one number,
and each is encoded, hashed, decoded and printed wherever it goes; no checker is among what takes most time.

Kept on their own pages, because they are lists and not speeds: what [planted bugs](../formix-sim/planted/README.md) are
caught by, and what [mutation testing and line coverage](mutants.md) found.
END
    local section title command
    for section in "${sections[@]}"; do
        title="title_$section" command="command_$section"
        printf '\n## %s\n\n%s.\n\n```sh\n%s\n```\n\n' "$section" "${!title}" "${!command//; /$'\n'}"
        printf '| what | figure | to compare |\n|---|---|---|\n'
        awk -F'\t' -v section="$section" '
            $1 == section { printf "| %s | %s | %s |\n", $2, $3, $4; of = $5; load = $6; machine = $7 }
            END { printf "\nCommit %s; %s; %s.\n", of, load, machine }' "$kept"
    done
}

# The figures themselves are no change of the code that they are of.
commit=$(git rev-parse --short=7 HEAD)
git diff --quiet HEAD -- . ':!docs/figures.tsv' ':!docs/figures.md' || commit+=' with changes'
failed=0
if [ "${1-}" != --page ]; then
    [ $# -gt 0 ] || set -- "${sections[@]}"
    for section in "$@"; do
        declare -F "measure_$section" >/dev/null || { echo "figures: no section $section" >&2; exit 2; }
        measure "$section"
    done
fi
write_page >"$page"
exit "$failed"
