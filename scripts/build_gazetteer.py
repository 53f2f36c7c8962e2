#!/usr/bin/env python3
"""Builds models/gazetteer/{countries,agencies,officials}.jsonl from public sources and the curated tables.

    python scripts/build_gazetteer.py --sources ../shared/data/gazetteer-sources --out models/gazetteer

The curated tables lie in OUT/curated. The same input gives the same bytes. A record that breaks the format's rules stops
the build before anything is written. models/gazetteer/README.md describes sources, licences and tables.
"""

import argparse
import sys
from pathlib import Path

from gazetteer import agencies, check, countries, homonyms, leaders, officials
from gazetteer.records import to_line
from gazetteer.tables import Countries


def main():
    """Parses the command line, builds, checks and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder of the public sources")
    parser.add_argument("--out", type=Path, required=True, help="folder of the gazetteer; its curated/ is read")
    parser.add_argument("--official-bytes", type=int, default=officials.BUDGET,
                        help="largest size of officials.jsonl; ambassadors and legislators are left out first (default %(default)s)")
    arguments = parser.parse_args()
    curated = arguments.out / "curated"
    codes = Countries(arguments.sources)
    try:
        built = {"countries": countries.build(arguments.sources, curated, codes)}
        built["agencies"] = agencies.build(arguments.sources, curated, codes)
        built["officials"] = officials.build(arguments.sources, curated, codes, arguments.official_bytes)
    except ValueError as error:
        sys.exit(f"error: {error}")
    words = {w for w in (arguments.out / "common_words.txt").read_text(encoding="utf-8").split("\n") if w[:1] != "#"}
    for name in ("agencies", "officials"):
        built[name] = homonyms.settle(built[name], words)
    records = [r for part in built.values() for r in part]
    faults = list(check.problems(records, codes.codes))
    for fault in faults[:50]:
        print(f"error: {fault}", file=sys.stderr)
    if faults:
        sys.exit(f"error: {len(faults)} faults; nothing is written")
    for name, part in built.items():
        lines = [to_line(r) for r in sorted(part, key=lambda r: (r["country"] or "", r["id"]))]
        path = arguments.out / f"{name}.jsonl"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{path}: {len(lines)} records, {path.stat().st_size} bytes")
    check.coverage(records, codes)
    leaders.report(built["officials"], codes.independent)
    leaders.report_curated(built["officials"])


if __name__ == "__main__":
    main()
