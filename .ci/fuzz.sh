#!/usr/bin/env bash
# Each target of fuzz/ for a minute, or for as many seconds as the first argument says: `bash .ci/fuzz.sh 10`. A target
# that finds something ends the run with an error; its input is kept, and printed so that it can be made again elsewhere.
#
# No sanitizer: it would need a nightly compiler. `unsafe` stands in the kernels alone, which no target reaches; of C there
# is zstd, which has fuzzers of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly seconds=${1:-60}
# Targets side by side, and the fewest inputs that one must have run to count as fuzzed.
readonly abreast=2 fewest=1000
readonly version=0.13.2
readonly tools=${XDG_CACHE_HOME:-$HOME/.cache}/nomenclator/cargo-fuzz-$version
# Beside the other builds, and kept as long as they are.
readonly built=${CARGO_TARGET_DIR:-target}/fuzz
export PATH=$tools/bin:$PATH

if [[ ! -x $tools/bin/cargo-fuzz ]]; then
    # A minute on a free core. Without it nothing is fuzzed, so a failure is one.
    cargo install --locked --quiet --root "$tools" "cargo-fuzz@$version"
fi

# fuzz DO ARGUMENTS…: cargo-fuzz with the options that build and run must have alike. By itself it would compile each crate
# in one piece.
fuzz() {
    local verb=$1
    shift
    cargo fuzz "$verb" --sanitizer none --codegen-units 16 --target-dir "$built" "$@"
}

# New inputs go into the first folder, which git does not see; the seeds stay as they are. A time that an input may take
# is one on a busy machine.
fuzz_target() {
    local target=$1
    fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- -max_total_time="$seconds" -timeout=20 \
        -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -verbosity=0
}

# report TARGET STATUS: what it said, how many inputs it ran, and how to see again what it found. Fails where it did.
report() {
    local target=$1 status=$2 artifact inputs
    printf '\n== %s\n' "$target"
    cat "$logs/$target"
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target")
    if ((status == 0)); then
        if ((${inputs:-0} < fewest)); then
            printf 'FAILED: %s ran %d inputs: expected at least %d\n' "$target" "${inputs:-0}" "$fewest"
            return 1
        fi
        printf '%s: %d inputs in %d s\n' "$target" "$inputs" "$seconds"
        return 0
    fi
    printf '\nFAILED: %s ended with %d\n' "$target" "$status"
    for artifact in "fuzz/artifacts/$target"/*; do
        [[ -f $artifact ]] || continue
        printf 'FOUND by %s: %s, %d bytes; to see it again:\n' "$target" "$artifact" "$(stat -c %s "$artifact")"
        printf '    base64 -d >%s <<<%s\n' "$artifact" "$(base64 -w 0 "$artifact")"
        printf '    cargo fuzz run --sanitizer none --codegen-units 16 --target-dir %s %s %s\n' "$built" "$target" "$artifact"
    done
    return 1
}

(cd fuzz && cargo fetch --locked)
fuzz build

logs=$(mktemp -d)
declare -A running=()
failed=()
# Each target is a process group of its own, so that none goes on after an interruption.
set -m
finish() {
    local process
    for process in "${!running[@]}"; do
        kill -- "-$process" 2>/dev/null || true
    done
    rm -rf "$logs"
}
trap finish EXIT

await_one() {
    local process status=0
    wait -n -p process "${!running[@]}" || status=$?
    report "${running[$process]}" "$status" || failed+=("${running[$process]}")
    unset "running[$process]"
}

for target in $(cargo fuzz list); do
    if ((${#running[@]} == abreast)); then
        await_one
    fi
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    rm -f "fuzz/artifacts/$target"/*
    fuzz_target "$target" >"$logs/$target" 2>&1 &
    running[$!]=$target
done
while ((${#running[@]} > 0)); do
    await_one
done

if ((${#failed[@]} > 0)); then
    printf '\nfuzzing FAILED: %s\n' "${failed[*]}"
    exit 1
fi
