#!/usr/bin/env bash
# Prepares libtorch 2.4.1 (CPU) for the feature `rust-bert`, and prints the exports that a build and a run need:
#
#     eval "$(bash scripts/setup_libtorch.sh)"
#     cargo test --features rust-bert --test rust_bert_parity
#
# Usage: setup_libtorch.sh [FOLDER]
#   FOLDER  where it lies; ${XDG_CACHE_HOME:-~/.cache}/nomenclator/libtorch-2.4.1 unless given, so that clones share it.
#
# Where LIBTORCH is set already, that one is taken and nothing is fetched. Otherwise the files come out of PyPI's wheels
# (about 810 MB to fetch, 530 MB kept): the libraries that a CPU build loads and the headers, nothing of CUDA's kernels.
# Needs Linux on x86-64, python3 with pip, and a C++ compiler for the build.
# Exit codes: 0 ready; 1 it could not be prepared; 2 wrong usage.
set -euo pipefail

readonly version=2.4.1

say() { echo "setup_libtorch: $*" >&2; }
fail() { say "$*"; exit 1; }

# The libraries of the wheel were built with the old C++ ABI of GCC; another libtorch says for itself.
print_exports() {
    printf 'export LIBTORCH=%q\n' "$1"
    printf 'export LIBTORCH_CXX11_ABI=%q\n' "$2"
    printf 'export LD_LIBRARY_PATH=%q${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\n' "$1/lib"
}

usage() { sed -n 's/^# \{0,1\}//; 2,13p' "$0"; }

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    usage
    exit 0
elif [[ $# -gt 1 || ${1:-} == -* ]]; then
    usage >&2
    exit 2
fi
if [[ -n ${LIBTORCH:-} ]]; then
    [[ -e $LIBTORCH/lib/libtorch.so ]] || fail "LIBTORCH is $LIBTORCH, but there is no lib/libtorch.so in it"
    say "LIBTORCH is set: $LIBTORCH"
    print_exports "$LIBTORCH" "${LIBTORCH_CXX11_ABI:-1}"
    exit 0
fi

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/nomenclator/libtorch-$version}
mkdir -p "$(dirname "$folder")"
folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")

if [[ ! -e $folder/lib/libtorch.so ]]; then
    [[ $(uname -sm) == "Linux x86_64" ]] \
        || fail "the wheels are for Linux x86_64, this is $(uname -sm): install libtorch $version and set LIBTORCH"
    python3 -m pip --version >/dev/null 2>&1 || fail "python3 with pip is needed to fetch the wheels (python3 -m pip)"
    [[ ! -e $folder ]] || fail "$folder is there but holds no libtorch: remove it or name another folder"

    # Everything is made beside the folder and renamed at the end: an interrupted run leaves no half of it.
    partial=$(mktemp -d "$folder.partial.XXXXXX")
    trap 'rm -rf "$partial"' EXIT
    trap 'exit 1' INT TERM

    # The hashes are those of the files on PyPI; pip refuses anything else.
    cat >"$partial/wheels.txt" <<WHEELS
torch==$version --hash=sha256:0b5f88afdfa05a335d80351e3cea57d38e578c8689f751d35e0ff36bce872113
nvidia-cuda-cupti-cu12==12.1.105 --hash=sha256:e54fde3983165c624cb79254ae9818a456eb6e87a7fd4d56a2352c24ee542d7e
nvidia-cuda-runtime-cu12==12.1.105 --hash=sha256:6e258468ddf5796e25f1dc591a31029fa317d97a0a94ed93468fc86301d61e40
WHEELS
    say "fetching the wheels of torch $version (about 810 MB)"
    # The wheel's Python is named, so any python3 fetches the same file; none of it is run.
    python3 -m pip download --quiet --no-deps --no-cache-dir --require-hashes --only-binary=:all: \
        --python-version 3.11 --implementation cp --abi cp311 --abi none --platform manylinux1_x86_64 \
        --dest "$partial/wheels" --requirement "$partial/wheels.txt" >&2 || fail "pip could not fetch the wheels"

    say "unpacking into $folder"
    python3 - "$partial" <<'UNPACK' >&2 || fail "the wheels could not be unpacked"
import pathlib
import shutil
import sys
import zipfile

partial = pathlib.Path(sys.argv[1])
root = partial / "libtorch"
# libtorch_cpu.so of this build names CUPTI and the CUDA runtime as needed, though a CPU never calls them.
libraries = ("libtorch_cpu.so", "libc10.so", "libgomp-", "libcupti.so.12", "libcudart.so.12")
for wheel in sorted((partial / "wheels").glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = pathlib.PurePosixPath(member.filename)
            if member.is_dir():
                continue
            if path.parts[:2] == ("torch", "include"):
                target = root.joinpath(*path.parts[1:])
            elif path.parent.name == "lib" and path.name.startswith(libraries):
                target = root / "lib" / path.name
            else:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
missing = [name for name in libraries if not list((root / "lib").glob(name + "*"))]
if missing or not (root / "include/torch/csrc/api/include/torch/torch.h").is_file():
    sys.exit(f"not in the wheels: {', '.join(missing) or 'the headers'}")
# The linker asks for libtorch.so; the wheel's own would pull in all of CUDA.
(root / "lib" / "libtorch.so").symlink_to("libtorch_cpu.so")
UNPACK
    if ! mv -T "$partial/libtorch" "$folder" 2>/dev/null && [[ ! -e $folder/lib/libtorch.so ]]; then
        fail "could not move libtorch to $folder"
    fi
fi
say "libtorch $version is in $folder"
print_exports "$folder" 0
