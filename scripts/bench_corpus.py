"""Measures what streaming a corpus costs: reading and writing beside tagging in memory, and peak memory by size.

    cargo build --release
    python scripts/bench_corpus.py cost   --corpus reuters.jsonl.gz --documents 2000 --repeats 3
    python scripts/bench_corpus.py memory --corpus reuters.jsonl.gz --sizes 10 100
    python scripts/bench_corpus.py stream --corpus reuters.jsonl.gz --sizes 100 10000
    python scripts/bench_corpus.py document --corpus reuters.jsonl.gz --sizes 20 200

`cost` runs `nomenclator bench` (documents in memory, JSON Lines to nowhere) and `nomenclator tag` from and to each format by
turns and prints medians and ratios. `memory` tags corpora of so many megabytes of text, made by repeating the given one;
`stream` sends such corpora through a pipe with `--backend none` (nothing is stored but a zstd file); `document` tags one text
of so many megabytes. Peak memory is the kernel's VmHWM of the process (Linux). Nothing but Python's own library is needed.
"""

import argparse
import gzip
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from peak_memory import watch

REPOSITORY = Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "target" / "release" / "nomenclator"
OUTPUTS = ["jsonl", "jsonl.gz", "jsonl.zst", "parquet", "conll", "spacy"]


def documents(path, most=None):
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, most):
            yield json.loads(line)


def run(arguments, feed=None):
    """Runs the program; its summary (or what it printed), peak memory in bytes, and seconds."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [PROGRAM, *map(str, arguments)],
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    told = []
    reader = threading.Thread(target=lambda: told.extend(process.stderr))
    reader.start()
    peak = [0]
    watcher = threading.Thread(target=watch, args=(process, peak))
    watcher.start()
    if feed:
        for block in feed:
            process.stdin.write(block)
        process.stdin.close()
    printed = process.stdout.read()
    reader.join()
    process.wait()
    watcher.join()
    if process.returncode:
        raise SystemExit(b"".join(told).decode() + f"exit code {process.returncode}: {arguments}")
    events = [json.loads(line) for line in told if line.startswith(b"{")]
    summary = next((event for event in events if event["event"] == "summary"), None)
    return summary or json.loads(printed), peak[0], time.perf_counter() - start


def cost(options, folder):
    corpus = folder / "corpus.jsonl"
    with corpus.open("w", encoding="utf-8") as lines:
        for document in documents(options.corpus, options.documents):
            lines.write(json.dumps(document, ensure_ascii=False) + "\n")
    packed = folder / "corpus.jsonl.gz"
    packed.write_bytes(gzip.compress(corpus.read_bytes()))
    speeds = {}
    for repeat in range(options.repeats):
        measured, _, _ = run(["bench", corpus, "--whole", "--json", *options.option])
        speeds.setdefault("bench: in memory", []).append(measured["runs"][-1]["tokens_per_second"])
        for source, output in [(corpus, "jsonl"), *[(packed, output) for output in OUTPUTS]]:
            summary, _, _ = run(
                ["tag", source, "--output", folder / f"out.{output}", "--log", "json", *options.option]
            )
            name = f"tag: {source.suffixes and ''.join(source.suffixes)[1:]} to {output}"
            speeds.setdefault(name, []).append(summary["tokens_per_second"])
        print(f"repeat {repeat + 1} of {options.repeats}", file=sys.stderr)
    base = statistics.median(speeds["bench: in memory"])
    print("| way | tokens/s, median | of in memory | lowest and highest |\n|---|---:|---:|---|")
    for name, found in speeds.items():
        median = statistics.median(found)
        print(f"| {name} | {median:,.0f} | {median / base:.3f} | {min(found):,.0f} to {max(found):,.0f} |")


def lines_of(corpus, megabytes):
    """JSON Lines of so many megabytes of text: the corpus again and again, with ids of their own."""
    whole = list(documents(corpus))
    size = 0
    for number in itertools.count():
        document = whole[number % len(whole)]
        size += len(document["text"].encode())
        yield json.dumps({"id": f"d{number}", "text": document["text"]}, ensure_ascii=False).encode() + b"\n"
        if size >= megabytes * 1e6:
            return


def row(megabytes, measured):
    summary, peak, seconds = measured
    print(
        f"| {megabytes:,} MB | {summary['documents']:,} | {peak / 1e6:,.1f} MB | {seconds:,.1f} s | "
        f"{summary['text_bytes'] / 1e6 / seconds:,.1f} MB/s |",
        flush=True,
    )


def by_size(options, folder):
    print("| text | documents | peak memory | time | speed |\n|---:|---:|---:|---:|---:|")
    for megabytes in options.sizes:
        output = folder / f"out-{megabytes}.jsonl{'.zst' if options.what == 'stream' else ''}"
        common = ["--output", output, "--log", "json", *options.option]
        if options.what == "stream":
            feed = lines_of(options.corpus, megabytes)
            blocks = iter(lambda feed=feed: b"".join(itertools.islice(feed, 1000)), b"")
            row(megabytes, run(["tag", "-", "--input-format", "jsonl", "--backend", "none", *common], blocks))
        elif options.what == "memory":
            corpus = folder / f"corpus-{megabytes}.jsonl"
            with corpus.open("wb") as lines:
                lines.writelines(lines_of(options.corpus, megabytes))
            row(megabytes, run(["tag", corpus, *common]))
            corpus.unlink()
        else:
            text = folder / f"document-{megabytes}.txt"
            with text.open("w", encoding="utf-8") as whole:
                for line in lines_of(options.corpus, megabytes):
                    whole.write(json.loads(line)["text"] + "\n\n")
            row(megabytes, run(["tag", text, *common]))
            text.unlink()
        output.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "memory", "stream", "document"])
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines with 'text', also .gz")
    parser.add_argument("--documents", type=int, default=2000, help="cost: so many of it")
    parser.add_argument("--repeats", type=int, default=3, help="cost: how often each way is run")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100], help="megabytes of text")
    parser.add_argument("--folder", type=Path, help="where files are put; a temporary folder by default")
    parser.add_argument("--option", action="append", default=[], help="passed on, such as --option=--threads=1")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        (cost if options.what == "cost" else by_size)(options, Path(folder))


if __name__ == "__main__":
    main()
