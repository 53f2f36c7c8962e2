#!/usr/bin/env python3
"""How fast this program is beside the engines that people use, on one machine, in one run, with the same weights.

    cargo build --release
    pip install -r scripts/requirements.txt -r scripts/requirements-peers.txt
    python scripts/compare_peers.py --program target/release/nomenclator --data ../shared/data --threads 2

This program is timed whole: process start, JSON Lines in, linked JSON Lines out. The others are timed from text to logits,
tokenizing included: they are spared token types (made before the clock starts), decoding, linking and output. All read
windows of 256 tokens that share 64. Each peer sorts windows by length and runs at the batch size that suits it best, found
on a part of the text. Runs are interleaved and repeated; the table has medians. Tokens are the texts' own sub-words,
without special ones and without those that windows share.

rust-bert needs a program built with it, and its libtorch on the library path:

    eval "$(bash scripts/setup_libtorch.sh)"
    cargo build --release --features rust-bert --bin nomenclator --example rust_bert_pipeline --target-dir target/rust-bert
    … --rust-bert target/rust-bert/release
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from peers import engines, report, texts  # noqa: E402

OWN = [("amx", "int8"), ("amx", "bf16"), ("avx512", "int8"), ("avx512", "bf16"), ("avx512", "f32"), ("avx2", "int8"),
       ("avx2", "f32"), ("neon", "int8"), ("neon", "f32"), ("scalar", "f32")]


class OwnProgram:
    """The whole program as a process, with instructions and precision forced."""

    def __init__(self, program, isa, precision, threads):
        self.name = f"nomenclator {precision} ({isa})"
        self.command = [program, "tag", "--format", "jsonl", "--threads", str(threads), "--precision", precision]
        self.environment = {**os.environ, "NOMENCLATOR_ISA": isa}

    def works(self):
        """Whether this CPU has it."""
        return self.run_on(b'{"text": "Oslo."}\n') is not None

    def run_on(self, lines):
        done = subprocess.run([*self.command, "--input-format", "jsonl", "-"], input=lines, env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return done.stdout if done.returncode == 0 else None

    def prepare(self, sample):
        """Nothing to find out."""

    def run(self, corpus):
        subprocess.run([*self.command, corpus.path, "--output", os.devnull], env=self.environment, check=True,
                       stderr=subprocess.DEVNULL)


class RustBert:
    """rust-bert: its model class under our batching, or its pipeline."""

    def __init__(self, name, command):
        self.name, self.command = name, command

    def prepare(self, sample):
        """Nothing to find out."""

    def run(self, corpus):
        subprocess.run([*self.command, corpus.path], check=True, stdout=subprocess.DEVNULL)


def contestants(arguments, corpus):
    """Every engine that runs here, ours first."""
    chosen = [OwnProgram(arguments.program, isa, precision, arguments.threads) for isa, precision in OWN]
    chosen = [engine for engine in chosen if engine.works()]
    if arguments.rust_bert:
        program = Path(arguments.rust_bert)
        chosen.append(RustBert("rust-bert, model class under our batching", [
            program / "nomenclator", "tag", "--backend", "rust-bert", "--no-link", "--format", "jsonl", "--threads",
            str(arguments.threads), "--output", os.devnull]))
        chosen.append(RustBert("rust-bert, pipeline (token types 0)", [
            program / "examples" / "rust_bert_pipeline", arguments.model]))
    chosen += engines.peers(arguments.model, arguments.threads)
    wanted = [name for name in arguments.only.split(",") if name]
    chosen = [engine for engine in chosen if not wanted or any(name in engine.name for name in wanted)]
    for engine in chosen:
        print(f"  {engine.name}: warming up", flush=True)
        engine.prepare(corpus.part(40))
    return chosen


def machine():
    """The CPU in words, with the instructions that matter here."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    fields = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    flags = set((fields.get("flags") or fields.get("Features", "")).split())
    known = [flag for flag in ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8",
                             "asimd", "asimddp", "i8mm") if flag in flags]
    return (f"{fields.get('model name', platform.processor())}, family {fields.get('cpu family', '?')} model "
            f"{fields.get('model', '?')}, {os.cpu_count()} cores ({', '.join(known)})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the nomenclator binary")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds text/")
    parser.add_argument("--model", default="models/newswire", help="the model's folder")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--documents", type=int, default=400, help="how many of each corpus")
    parser.add_argument("--corpora", default=",".join(texts.CORPORA), help=f"of {', '.join(texts.CORPORA)}")
    parser.add_argument("--only", default="", help="engines whose name holds one of these, separated by commas")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rust-bert", help="folder of a release build with the feature rust-bert")
    parser.add_argument("--out", type=Path, help="write the table here (.md), and a plot beside it (.svg)")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        corpora = [texts.read(name, arguments.data, arguments.documents, arguments.model, Path(scratch))
                   for name in arguments.corpora.split(",")]
        chosen = contestants(arguments, corpora[0])
        for corpus in corpora:
            print(f"{corpus.name}: {len(corpus.texts)} documents, {corpus.tokens} tokens", flush=True)
            times = {engine.name: [] for engine in chosen}
            for turn in range(arguments.repeats):
                for engine in chosen:
                    start = time.perf_counter()
                    try:
                        engine.run(corpus)
                        took = time.perf_counter() - start
                    except subprocess.CalledProcessError as error:
                        # rust-bert's pipeline panics on some corpora.
                        print(f"  {engine.name} ended with exit code {error.returncode}", flush=True)
                        took = float("inf")
                    times[engine.name].append(took)
                    rate = corpus.tokens / took
                    print(f"  {turn + 1}/{arguments.repeats} {engine.name}: {rate:.0f} tokens/s", flush=True)
            results[corpus.name] = {name: corpus.tokens / statistics.median(all_of) for name, all_of in times.items()}
        table = report.table(results, corpora, machine(), arguments.threads, arguments.repeats, engines.versions())
    print(table)
    if arguments.out:
        arguments.out.write_text(f"# Beside other engines, {date.today()}\n\n{table}", encoding="utf-8")
        report.plot(results, arguments.out.with_suffix(".svg"))


if __name__ == "__main__":
    main()
