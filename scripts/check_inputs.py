"""Tags the same documents from every input format, and compares what is found.

    pip install -r scripts/requirements-formats.txt
    python scripts/check_inputs.py --program target/release/nomenclator --corpus corpus.jsonl.gz --documents 500

Texts go as they are into files, and into JSON Lines, CSV, TSV and Parquet, plain and compressed; `--lines` takes those
without a line end. Mentions (offsets, text, label, score and link) must be the same in all. Prints a line for each format, and
ends with 1 at the first difference. `--option` passes something on, such as --option=--model=tests/golden/uncased.
"""

import argparse
import csv
import gzip
import itertools
import json
import subprocess
import tempfile
import time
from pathlib import Path

import pyarrow
import pyarrow.parquet

FIELDS = ["id", "text", "title"]


def documents(path, most):
    opened = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(itertools.islice(lines, most)):
            document = json.loads(line)
            # A carriage return alone is a line end to no format here, and tables keep it in quotes.
            yield {"id": f"d{number:06}", "text": document["text"], "title": document.get("title") or "none"}


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8", newline="")


def table(path, rows, delimiter):
    with path.open("w", encoding="utf-8", newline="") as into:
        writer = csv.DictWriter(into, FIELDS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def compressed(path, kind):
    packed = path.with_name(f"{path.name}.{'gz' if kind == 'gzip' else 'zst'}")
    with pyarrow.CompressedOutputStream(str(packed), kind) as into:
        into.write(path.read_bytes())
    return packed


def write_all(folder, rows):
    """Every input: its name, what to tag, and options."""
    texts = folder / "texts"
    texts.mkdir()
    for row in rows:
        (texts / f"{row['id']}.txt").write_text(row["text"], encoding="utf-8", newline="")
    yield "txt", texts, []
    for name, write in [
        ("jsonl", lambda path: jsonl(path, rows)),
        ("csv", lambda path: table(path, rows, ",")),
        ("tsv", lambda path: table(path, rows, "\t")),
        ("parquet", lambda path: pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)),
    ]:
        path = folder / f"corpus.{name}"
        write(path)
        yield name, path, []
        if name != "parquet":
            for kind in ["gzip", "zstd"]:
                yield f"{name}, {kind}", compressed(path, kind), []


def mentions(program, source, options, output):
    command = [program, "tag", source, "--output", output, "--restart", "--log", "none", *options]
    subprocess.run([str(part) for part in command], check=True)
    with open(output, encoding="utf-8") as lines:
        return [json.loads(line)["mentions"] for line in lines]


def compare(name, found, wanted, began):
    if found != wanted:
        at = next((n for n, pair in enumerate(zip(found, wanted)) if pair[0] != pair[1]), min(len(found), len(wanted)))
        raise SystemExit(f"{name}: document {at} of {len(wanted)} differs from JSON Lines")
    count = sum(map(len, found))
    print(f"{name:12} {len(found):6} documents, {count:7} mentions: the same ({time.monotonic() - began:.0f} s)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True, help="JSON Lines with 'text', also .gz")
    parser.add_argument("--documents", type=int, help="so many of it; all by default")
    parser.add_argument("--option", action="append", default=[])
    options = parser.parse_args()
    rows = list(documents(options.corpus, options.documents))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        plain = folder / "first.jsonl"
        jsonl(plain, rows)
        wanted = mentions(options.program, plain, options.option, folder / "wanted.jsonl")
        if len(wanted) != len(rows) or not any(wanted):
            raise SystemExit(f"{len(wanted)} documents of {len(rows)}, or no mention in them: expected some in all")
        for name, source, more in write_all(folder, rows):
            began = time.monotonic()
            compare(name, mentions(options.program, source, [*options.option, *more], folder / "out.jsonl"), wanted, began)
        # Documents of one line: text is all that they have.
        single = [row for row in rows if "\n" not in row["text"] and "\r" not in row["text"] and row["text"].strip()]
        if not single:
            single = [{**row, "text": " ".join(row["text"].split())} for row in rows if row["text"].strip()]
        jsonl(plain, single)
        wanted = mentions(options.program, plain, options.option, folder / "wanted.jsonl")
        lines = folder / "lines.txt"
        lines.write_text("".join(row["text"] + "\n" for row in single), encoding="utf-8", newline="")
        began = time.monotonic()
        compare(
            "lines", mentions(options.program, lines, [*options.option, "--lines"], folder / "out.jsonl"), wanted, began
        )


if __name__ == "__main__":
    main()
