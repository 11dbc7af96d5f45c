#!/usr/bin/env bash
# Runs the demo and the studies, and writes docs/studies.md with what they print.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -q -p formix-node
formix=target/release/formix

# Of many lines of progress the first and the last.
demo() {
    "$formix" demo 2>/dev/null | awk '
        / of [0-9]+ answers,/ { last = $0; if (++count == 1) print; next }
        count > 1 { if (count > 2) print "..."; print last; count = 0 }
        { print }'
}
# The first day and the last, and the trend.
sleep_study() {
    "$formix" study sleep | awk '
        /, on day / { skip = !(/ on day [09] /); if (skip && !said++) print "...\n" }
        /^(By how many|Every)/ { skip = 0 }
        !skip { print }'
}

cat >docs/studies.md <<END
# Two real studies

<!-- Written by docs/studies.sh: change that. -->

Each study runs with one command. Every light node sits beside the data of one person, and each private answer is
printed beside the one computed openly from all the data. The command exits with 1 if any two differ. Times are of
whatever else the machine was doing; [figures.md](figures.md) has measured ones.

## Sleep restriction

Reaction times of eighteen people on ten days of sleep restriction
([data and source](../examples/sleepstudy/README.md)).

\`formix demo\` asks one question about them:

\`\`\`text
\$ formix demo
$(demo)
\`\`\`

\`formix study sleep\` asks eleven:

\`\`\`text
\$ formix study sleep
$(sleep_study)
\`\`\`

## Diabetes

442 patients, ten measurements each, and how far the disease had progressed a year later
([data and source](../examples/diabetes/README.md)).

\`\`\`text
\$ formix study diabetes
$("$formix" study diabetes)
\`\`\`

The question files are in [examples/sleepstudy](../examples/sleepstudy) and
[examples/diabetes](../examples/diabetes).
END
