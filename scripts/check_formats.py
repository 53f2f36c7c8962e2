"""Converts tagged documents into every format and reads each with the programs that it is for.

    pip install -r scripts/requirements-formats.txt
    python scripts/check_formats.py --program target/release/nomenclator tagged.jsonl

- spaCy loads each line of the spaCy JSON: text, entities with their labels, ids of the linked ones.
- pyarrow reads the Parquet file: every column holds exactly what the JSON Lines hold.
- brat's folder is held against brat's own rules (https://brat.nlplab.org/standoff.html), and against the JSON Lines.

Prints a line for each format, and ends with 1 at the first difference.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

KNOWN = {"schema", "id", "date", "title", "source", "text", "offsets", "mentions", "entities"}


class Difference(Exception):
    """Something is not as it should be."""


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Difference(what)


def lines_of(path: Path) -> list[str]:
    # Not splitlines: it takes U+2028 and others for line ends.
    return [line for line in path.read_bytes().decode("utf-8").split("\n") if line]


def link_id(mention: dict[str, Any]) -> str:
    return (mention["link"] or {}).get("id") or ""


def check_spacy(path: Path, documents: list[dict[str, Any]]) -> str:
    import spacy
    from spacy.tokens import Doc

    vocab = spacy.blank("xx").vocab
    lines = lines_of(path)
    expect(len(lines) == len(documents), f"{len(lines)} lines for {len(documents)} documents")
    entities = 0
    for number, (line, document) in enumerate(zip(lines, documents, strict=True), 1):
        loaded = json.loads(line)
        doc = Doc(vocab).from_json(loaded, validate=True)
        place = f"document {number}"
        expect(doc.text == document["text"], f"{place}: another text")
        # White space at a mention's edge is no part of any span of tokens: such a mention is in the details alone.
        wanted = [
            (mention["start"], mention["end"], mention["label"], mention["text"], link_id(mention))
            for mention in document["mentions"]
            if not mention["text"][0].isspace() and not mention["text"][-1].isspace()
        ]
        for group in (doc.ents, doc.spans["mentions"]):
            found = [(span.start_char, span.end_char, span.label_, span.text) for span in group]
            expect(found == [mention[:4] for mention in wanted], f"{place}: {found} for {wanted}")
        ids = [span.kb_id_ for span in doc.spans["mentions"]]
        expect(ids == [mention[4] for mention in wanted], f"{place}: ids {ids}")
        details = {key: value for key, value in document.items() if key != "text"}
        expect(loaded["nomenclator"] == details, f"{place}: other details")
        entities += len(wanted)
    return f"spaCy {spacy.__version__}: {len(lines)} documents, {entities} entities"


def check_parquet(path: Path, documents: list[dict[str, Any]]) -> str:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    rows = table.to_pylist()
    expect(len(rows) == len(documents), f"{len(rows)} rows for {len(documents)} documents")
    for number, (row, document) in enumerate(zip(rows, documents, strict=True), 1):
        extra = {key: value for key, value in document.items() if key not in KNOWN}
        if isinstance(document["id"], int):
            extra = {"id": document["id"], **extra}
        wanted = {
            "id": str(document["id"]),
            **{key: document[key] for key in ("date", "title", "source", "text", "offsets", "mentions", "entities")},
            "extra": extra or None,
        }
        row["extra"] = json.loads(row["extra"]) if row["extra"] is not None else None
        for column, value in wanted.items():
            expect(row[column] == value, f"row {number}, {column}: {row[column]!r} for {value!r}")
        expect(row.keys() == wanted.keys(), f"row {number}: columns {list(row)}")
    groups = pyarrow.parquet.ParquetFile(path).num_row_groups
    return f"pyarrow {pyarrow.__version__}: {len(rows)} rows in {groups} row groups"


TEXTBOUND = re.compile(r"(T[1-9][0-9]*)\t([A-Za-z0-9_-]+) ([0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)\t(.*)")
NORMALIZATION = re.compile(r"(N[1-9][0-9]*)\tReference (T[1-9][0-9]*) ([^\s:]+):(\S+)\t(.*)")
NOTE = re.compile(r"(#[1-9][0-9]*)\tAnnotatorNotes (T[1-9][0-9]*)\t(.*)")


def check_annotations(annotations: str, text: str, labels: set[str]) -> tuple[list[Any], dict[str, str]]:
    """The mentions and their normalizations of one file, held against brat's rules."""
    ids: set[str] = set()
    textbound: dict[str, tuple[int, int, str]] = {}
    normalized: dict[str, str] = {}
    # brat reads lines as Python's splitlines has them.
    for line in annotations.splitlines():
        match = TEXTBOUND.fullmatch(line) or NORMALIZATION.fullmatch(line) or NOTE.fullmatch(line)
        expect(match is not None, f"no line that brat reads: {line!r}")
        assert match is not None
        expect(match[1] not in ids, f"{match[1]} twice")
        ids.add(match[1])
        if line[0] == "T":
            expect(match[2] in labels, f"{match[2]} is not in annotation.conf")
            stretches = [tuple(map(int, stretch.split(" "))) for stretch in match[3].split(";")]
            end = 0
            for at, (start, stop) in enumerate(stretches):
                expect(start < stop <= len(text), f"{line!r}: a stretch outside the text")
                expect(at == 0 or start > end, f"{line!r}: stretches overlap")
                end = stop
            cut = " ".join(text[start:stop] for start, stop in stretches)
            expect(cut == match[4], f"{line!r}: the text there is {cut!r}")
            textbound[match[1]] = (stretches[0][0], end, match[2])
        else:
            expect(match[2] in textbound, f"{line!r}: no such mention")
            if line[0] == "N":
                expect(match[2] not in normalized, f"{line!r}: normalized twice")
                normalized[match[2]] = f"{match[3]}:{match[4]}"
    return list(textbound.items()), normalized


def check_brat(folder: Path, documents: list[dict[str, Any]]) -> str:
    conf = (folder / "annotation.conf").read_text(encoding="utf-8")
    labels = set(conf.split("[entities]\n", 1)[1].split("\n\n", 1)[0].split("\n"))
    names = sorted(path.stem for path in folder.glob("*.ann"))
    expect(len(names) == len(documents), f"{len(names)} annotations for {len(documents)} documents")
    mentions = 0
    for name, document in zip(names, documents, strict=True):
        try:
            text = (folder / f"{name}.txt").read_bytes().decode("utf-8")
            expect(text == document["text"], "another text")
            annotations = (folder / f"{name}.ann").read_bytes().decode("utf-8")
            found, normalized = check_annotations(annotations, text, labels)
            wanted = [mention for mention in document["mentions"] if any(mention["text"].splitlines())]
            expect(len(found) == len(wanted), f"{len(found)} mentions for {len(wanted)}")
            for (number, (start, end, _)), mention in zip(found, wanted, strict=True):
                edges = (mention["start"], mention["end"])
                expect(mention["text"].strip("\n") != mention["text"] or (start, end) == edges, f"{number}: {edges}")
                ends_in = normalized.get(number, "").split(":", 1)[-1]
                expect(ends_in == re.sub(r"\s", "_", link_id(mention)), f"{number}: {ends_in}")
            mentions += len(found)
        except Difference as difference:
            raise Difference(f"{name}: {difference}") from None
    return f"brat's rules: {len(names)} documents, {mentions} mentions"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, required=True, help="the nomenclator binary")
    parser.add_argument("tagged", type=Path, help="JSON Lines as `nomenclator tag` writes them, offsets in characters")
    arguments = parser.parse_args()
    documents = [json.loads(line) for line in lines_of(arguments.tagged)]
    program = arguments.program.resolve()
    checks = {"spacy": check_spacy, "parquet": check_parquet, "brat": check_brat}
    with tempfile.TemporaryDirectory() as folder:
        for form, check in checks.items():
            output = Path(folder) / f"tagged.{form}"
            convert = [program, "convert", arguments.tagged, "--format", form, "--output", output]
            subprocess.run(convert, check=True)
            try:
                print(check(output, documents))
            except Difference as difference:
                print(f"{form}: {difference}", file=sys.stderr)
                return 1
            back = Path(folder) / f"{form}.jsonl"
            subprocess.run([program, "convert", output, "--output", back], check=True)
            if back.read_bytes() != arguments.tagged.read_bytes():
                print(f"{form}: other JSON Lines come back", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
