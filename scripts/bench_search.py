"""Measures the search side: what indexing costs, how large an index is, and how long queries take.

    cargo build --release
    python scripts/bench_search.py index   --tagged tagged.jsonl --repeats 3
    python scripts/bench_search.py queries --tagged tagged.jsonl --count 1000
    python scripts/bench_search.py tag     --corpus corpus.jsonl.gz --documents 200 --repeats 3 [--to postgres://...]

`index` builds an index of tagged JSON Lines and prints documents and megabytes of text a second, peak memory and size.
`queries` asks an index of them seeded queries of several sorts in one process (words, phrases and entities that occur there,
frequent and rare) and prints p50 and p99 of each sort. `tag` tags raw documents into JSON Lines and straight into an index
(and, with `--to`, into a server) by turns and prints medians and ratios. Peak memory is the kernel's VmHWM (Linux). Nothing
but Python's own library is needed.
"""

import argparse
import gzip
import itertools
import json
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from peak_memory import watch

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "target" / "release" / "nomenclator"


def lines(paths, most=None):
    for path in paths:
        opened = gzip.open if str(path).endswith(".gz") else open
        with opened(path, "rt", encoding="utf-8") as read:
            yield from itertools.islice(read, most)


def run(arguments):
    """Runs the program; its summary event, its standard output, peak memory in bytes, and seconds."""
    start = time.perf_counter()
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told = []
    reader = threading.Thread(target=lambda: told.extend(process.stderr))
    reader.start()
    peak = [0]
    watcher = threading.Thread(target=watch, args=(process, peak))
    watcher.start()
    printed = process.stdout.read()
    reader.join()
    process.wait()
    watcher.join()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(b"".join(told).decode() + f"exit code {process.returncode}: {arguments}")
    events = [json.loads(line) for line in told if line.startswith(b"{")]
    summary = next((event for event in events if event.get("event") == "summary"), None)
    return summary, printed, peak[0], seconds


def size_of(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def index(options, folder):
    documents = [json.loads(line) for line in lines(options.tagged)]
    text = sum(len(document["text"].encode()) for document in documents)
    tagged = sum(path.stat().st_size for path in options.tagged)
    measured = []
    for _ in range(options.repeats):
        into = folder / "index"
        shutil.rmtree(into, ignore_errors=True)
        _, _, peak, seconds = run(["index", *options.tagged, "--into", into, "--log", "json"])
        measured.append((seconds, peak, size_of(into)))
    seconds, peak, size = min(measured)
    print("| documents | text | tagged JSON Lines | index | build | documents/s | text/s | peak memory |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {len(documents):,} | {text / 1e6:,.1f} MB | {tagged / 1e6:,.1f} MB | {size / 1e6:,.1f} MB | {seconds:,.2f} s | "
        f"{len(documents) / seconds:,.0f} | {text / 1e6 / seconds:,.1f} MB/s | {peak / 1e6:,.0f} MB |"
    )
    again = run(["index", *options.tagged, "--into", folder / "index", "--log", "json"])[3]
    print(f"\nThe same once more, nothing changed: {again:.2f} s.")


def quoted(text):
    return '"' + " ".join(text.replace('"', " ").split()) + '"'


def questions(documents, count, seed):
    """Sorts of queries with queries of words, phrases and entities that occur in the documents."""
    chance = random.Random(seed)
    words = Counter()
    entities = Counter()
    names = {}
    phrases = []
    dates = set()
    for document in documents:
        found = re.findall(r"[A-Za-z]{3,}", document["text"])
        words.update({word.lower() for word in found})
        if len(found) > 20:
            for text in re.findall(r"[A-Za-z]{3,} [A-Za-z]{3,}", document["text"][:2000])[:5]:
                phrases.append(text)
        for entity in document["entities"]:
            # A role without a record is found by its name as well.
            key = (entity["kind"], entity["id"] or entity["name"])
            entities[key] += 1
            names[key] = entity["name"]
        if document["date"]:
            dates.add(document["date"])
    ranked = [word for word, _ in words.most_common()]
    known = [key for key, _ in entities.most_common()]

    def drawn(ordered):
        """Frequent ones and rare ones, evenly over the logarithm of the rank."""
        return ordered[min(int(len(ordered) ** chance.random()), len(ordered) - 1)]

    def entity():
        kind, own = drawn(known)
        return f"{kind}:{quoted(names[kind, own])}"

    date = (lambda: f"date:{chance.choice(sorted(dates))[:7]}") if dates else (lambda: "date:1987..2010")
    sorts = {
        "a word": lambda: drawn(ranked),
        "two words": lambda: f"{drawn(ranked)} {drawn(ranked)}",
        "a phrase": lambda: quoted(chance.choice(phrases)),
        "an entity": entity,
        "two entities": lambda: f"{entity()} {entity()}",
        "an entity, a word and a month": lambda: f"{entity()} {drawn(ranked)} {date()}",
        "entities near each other": lambda: f"{entity()} NEAR/10 {entity()}",
        "a word near an entity": lambda: f"{drawn(ranked)} NEAR/5 {entity()}",
        "one of three, without a fourth": lambda: f"({drawn(ranked)} OR {drawn(ranked)} OR {entity()}) NOT {drawn(ranked)}",
    }
    return {sort: [make() for _ in range(count)] for sort, make in sorts.items()}


def queries(options, folder):
    into = options.index or folder / "index"
    if not options.index:
        run(["index", *options.tagged, "--into", into, "--log", "none"])
    asked = questions([json.loads(line) for line in lines(options.tagged)], options.count, options.seed)
    listed = folder / "queries.txt"
    print("| queries | of them with an answer | p50 | p99 | longest |\n|---|---:|---:|---:|---:|")
    every = []
    for sort, made in asked.items():
        listed.write_text("".join(query + "\n" for query in made), encoding="utf-8")
        _, printed, _, _ = run(["search", into, "--queries", listed, "--json"])
        answers = [json.loads(line) for line in printed.splitlines()]
        took = sorted(answer["took_ms"] for answer in answers if "took_ms" in answer)
        every.extend(took)
        found = sum(answer.get("total", 0) > 0 for answer in answers)
        print(row(f"{len(made):,} × {sort}", found, took), flush=True)
    print(row("all", "", sorted(every)))


def row(name, found, took):
    at = lambda share: took[min(int(len(took) * share), len(took) - 1)]  # noqa: E731
    found = f"{found:,}" if found != "" else ""
    return f"| {name} | {found} | {at(0.5):.2f} ms | {at(0.99):.2f} ms | {took[-1]:.2f} ms |"


def tag(options, folder):
    corpus = folder / "corpus.jsonl"
    corpus.write_text("".join(lines([options.corpus], options.documents)), encoding="utf-8")
    speeds = {}
    for repeat in range(options.repeats):
        ways = {"JSON Lines": ["--output", folder / f"{repeat}.jsonl"], "an index": ["--into", folder / f"{repeat}"]}
        for address in options.to:
            # A place of its own each time: documents that are there already are passed over.
            own = f"bench_{int(time.time())}_{repeat}"
            scheme = address.partition(":")[0]
            ways[scheme] = ["--to", f"{address}?schema={own}" if scheme.startswith("postgres") else f"{address}_{own}"]
        for way, arguments in ways.items():
            summary = run(["tag", corpus, *arguments, "--log", "json", *options.option])[0]
            speeds.setdefault(way, []).append(summary["tokens_per_second"])
    base = statistics.median(speeds["JSON Lines"])
    print("| tagged into | tokens/s, median | of JSON Lines | lowest and highest |\n|---|---:|---:|---|")
    for way, found in speeds.items():
        median = statistics.median(found)
        print(f"| {way} | {median:,.0f} | {median / base:.3f} | {min(found):,.0f} to {max(found):,.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["index", "queries", "tag"])
    parser.add_argument("--tagged", type=Path, nargs="+", help="index, queries: tagged JSON Lines")
    parser.add_argument("--corpus", type=Path, help="tag: JSON Lines with 'text', also .gz")
    parser.add_argument("--documents", type=int, default=200, help="tag: so many of it")
    parser.add_argument("--to", action="append", default=[], help="tag: a server to feed too")
    parser.add_argument("--index", type=Path, help="queries: an index of the tagged documents that is there already")
    parser.add_argument("--count", type=int, default=1000, help="queries: so many of each sort")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where files are put; a temporary folder by default")
    parser.add_argument("--option", action="append", default=[], help="tag: passed on, such as --option=--threads=1")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        {"index": index, "queries": queries, "tag": tag}[options.what](options, Path(folder))


if __name__ == "__main__":
    main()
