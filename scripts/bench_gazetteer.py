"""Times the gazetteer's index at several sizes, beside spaCy's EntityRuler and pyahocorasick on the same names.

    cargo build --release --example large_gazetteer && cargo build --release
    pip install spacy pyahocorasick
    python scripts/bench_gazetteer.py --folder /tmp/large 10000 1000000 10000000 > table.md

Each program runs in a process of its own, so that its peak and private memory are its own. Peers that do not fit a size are
left out of it with --peers-up-to. What the rows mean is said below the table it prints.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
RELEASE = REPOSITORY / "target" / "release"


def private_bytes():
    """Anonymous memory of this process, in bytes."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no Private_Dirty in /proc/self/smaps_rollup: expected Linux")


def percentiles(times):
    times = sorted(times)
    return {"median_us": times[len(times) // 2] * 1e6, "p99_us": times[len(times) * 99 // 100] * 1e6}


def names(records):
    """(id, name) of all names in a file of records."""
    with open(records, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record["id"], record["name"]
            for alias in record.get("aliases", []):
                yield record["id"], alias["text"]


def time_each(queries, look):
    times = []
    found = 0
    for query in queries:
        start = time.perf_counter()
        hit = look(query)
        times.append(time.perf_counter() - start)
        found += bool(hit)
    return {**percentiles(times), "found": found / len(times)}


def load_pyahocorasick(records, saved):
    """Builds and saves the automaton, then loads it anew, as a program that has one would."""
    import ahocorasick

    if not saved.exists():
        automaton = ahocorasick.Automaton()
        for identifier, name in names(records):
            automaton.add_word(name, identifier)
        automaton.make_automaton()
        automaton.save(str(saved), lambda value: value.encode())
        return None
    return ahocorasick.load(str(saved), lambda value: value.decode())


def load_spacy(records, saved):
    """As load_pyahocorasick, with an EntityRuler of phrase patterns in an otherwise empty English pipeline."""
    import spacy

    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    if not saved.exists():
        patterns = [{"label": "PERSON", "pattern": name, "id": identifier} for identifier, name in names(records)]
        ruler.add_patterns(patterns)
        ruler.to_disk(saved)
        return None
    ruler.from_disk(saved)
    return nlp


def peer(name, records, queries, saved):
    """Runs in a process of its own: builds where nothing is saved yet, else loads and measures."""
    load = {"pyahocorasick": load_pyahocorasick, "spacy": load_spacy}[name]
    before = private_bytes()
    start = time.perf_counter()
    loaded = load(records, saved)
    took = time.perf_counter() - start
    if loaded is None:
        return {"build_s": took, "build_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    asked = [line.split("\t")[0] for line in queries.read_text(encoding="utf-8").splitlines()][:20_000]
    result = {"open_ms": took * 1e3}
    if name == "pyahocorasick":
        result["exact"] = time_each(asked, lambda query: loaded.get(query, None))
        result["match"] = time_each(asked, lambda query: list(loaded.iter(query)))
    else:
        result["match"] = time_each(asked, lambda query: loaded(query).ents)
    result["private_bytes"] = private_bytes() - before
    return result


def run_measured(command):
    """Seconds, user seconds and peak bytes of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, command))}: ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "build_s": time.perf_counter() - start,
        "build_user_s": usage.ru_utime + usage.ru_stime,
        "build_peak": usage.ru_maxrss * 1024,
    }


def size_of(path):
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


def measure(count, folder, peers):
    example = RELEASE / "examples" / "large_gazetteer"
    records, queries = folder / f"{count}.jsonl", folder / f"{count}.tsv"
    officials = REPOSITORY / "models" / "gazetteer" / "officials.jsonl"
    if not queries.exists():
        with open(records, "wb") as out:
            subprocess.run([example, "make", str(count), officials], stdout=out, check=True)
        with open(queries, "wb") as out:
            subprocess.run([example, "queries", "100000", records], stdout=out, check=True)
    index = folder / f"{count}.idx"
    build = run_measured([RELEASE / "nomenclator", "gazetteer", "build", records, "--output", index])
    found = subprocess.run([example, "measure", index, queries], stdout=subprocess.PIPE, check=True)
    yield "nomenclator", {**build, **json.loads(found.stdout)}
    for name in peers:
        command = [sys.executable, __file__, "--peer", name, "--folder", folder, str(count)]
        result = {"bytes": None}
        for _ in ("build", "measure"):
            result |= json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
            result["bytes"] = size_of(folder / f"{count}-{name}")
        yield name, result


def megabytes(number):
    return f"{number / 1e6:.0f} MB" if number >= 9.5e6 else f"{number / 1e6:.1f} MB"


def pair(result, key):
    return f"{result[key]['median_us']:.2f} / {result[key]['p99_us']:.2f}" if key in result else "–"


def row(count, name, result):
    user = f" ({result['build_user_s']:.1f})" if "build_user_s" in result else ""
    cells = [
        f"{count:,}",
        name,
        f"{result['build_s']:.1f} s{user}",
        megabytes(result["build_peak"]),
        megabytes(result["bytes"]),
        f"{result['open_ms']:.2f} ms",
        megabytes(result["private_bytes"]),
        pair(result, "exact"),
        pair(result, "fuzzy"),
        pair(result, "match"),
    ]
    return f"| {' | '.join(cells)} |"


HEAD = """\
| names | program | build (CPU) | peak of it | file | open | private memory | exact, µs | fuzzy, µs | match a text, µs |
|---|---|---|---|---|---|---|---|---|---|"""
FOOT = """
Names are canonical names and aliases together. Private memory is what opening and the exact lookups added to the process
(Private_Dirty). Times are median / 99th percentile over up to 100,000 names that are there (20,000 for the peers); `exact`
of nomenclator is `Gazetteer::hits` of the normalised key after a first round, `fuzzy` is `Gazetteer::fuzzy_hits` of the key
misspelt by one edit, `exact` of pyahocorasick is `get` of the name as written. `match a text` is the name as a whole text:
`iter` of pyahocorasick, the pipeline with the EntityRuler alone for spaCy, which has no lookup of its own. The peers compare
names as they are written, fold nothing and find no misspelling."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the made records and indexes go, kept")
    parser.add_argument("--peers-up-to", type=int, default=1_000_000, help="the largest size for the peers")
    parser.add_argument("--peer", choices=["pyahocorasick", "spacy"], help=argparse.SUPPRESS)
    parser.add_argument("sizes", type=int, nargs="+", help="numbers of names")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.peer:
        (count,) = arguments.sizes
        files = (arguments.folder / f"{count}{ending}" for ending in (".jsonl", ".tsv", f"-{arguments.peer}"))
        print(json.dumps(peer(arguments.peer, *files)))
        return
    print(HEAD)
    for count in arguments.sizes:
        peers = ["pyahocorasick", "spacy"] if count <= arguments.peers_up_to else []
        for name, result in measure(count, arguments.folder, peers):
            print(f"{count} {name}: {json.dumps(result)}", file=sys.stderr)
            print(row(count, name, result), flush=True)
    print(FOOT)
    print(f"\nspaCy {version('spacy')}, pyahocorasick {version('pyahocorasick')}, Python {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
