"""Training loops: packed epochs made by worker processes, one-cycle AdamW, a running average of the weights."""

import math
import random
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch

from .augment import augment
from .corpora import LABELS
from .encoder import HEADS
from .windows import Stream, SubwordCache, pad, training_windows

ONE_HOT = np.eye(len(LABELS), dtype=np.float16)

_shared = {}


def start_worker(tokenizer_json, sources, resources, options):
    """Runs once in each worker: the documents and the tokenizer stay there for all epochs."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(tokenizer_json)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    _shared.update(subwords=SubwordCache(tokenizer, options["window"] // 2), sources=sources, resources=resources,
                   options=options)


def targets(stream, starts, soft_table):
    """(token positions, target probabilities [n, labels]) of a window's supervised words."""
    positions, rows = [], []
    for token, index in enumerate(starts):
        if index < 0:
            continue
        word = stream.words[index]
        if word.label >= 0:
            row = ONE_HOT[word.label]
        elif word.soft >= 0:
            row = soft_table[word.soft]
        else:
            continue
        positions.append(token)
        rows.append(row)
    return positions, rows


def make_epoch(seed):
    """Batches of one pass: each source's documents, augmented, in windows, sorted by length within chunks."""
    subwords, options = _shared["subwords"], _shared["options"]
    draw = random.Random(seed)
    examples = []
    for source in _shared["sources"]:
        documents = source["documents"]
        if source["share"] < 1:
            documents = draw.sample(documents, max(1, round(len(documents) * source["share"])))
        copies = max(1, round(source["share"]))
        for document in documents * copies:
            document = source_variant(source, document, draw)
            changed = augment(document, draw, _shared["resources"], source["labelled"], options["augment"])
            stream = Stream(changed, subwords, options["line_break"])
            for item in training_windows(stream, subwords, draw, options["window"]):
                positions, rows = targets(stream, item[2], source.get("soft"))
                if positions:
                    examples.append((*item[:2], positions, rows, source["head"], source["main"]))
    draw.shuffle(examples)
    batches = []
    chunk = 512
    for at in range(0, len(examples), chunk):
        part = sorted(examples[at:at + chunk], key=lambda example: len(example[0]))
        start, longest = 0, 0
        for index, example in enumerate(part):
            longest = max(longest, len(example[0]))
            last = index + 1 == len(part)
            if last or max(longest, len(part[index + 1][0])) * (index + 2 - start) > options["budget"]:
                batches.append(make_batch(part[start:index + 1]))
                start, longest = index + 1, 0
    draw.shuffle(batches)
    return batches


def source_variant(source, document, draw):
    """`document` is one document, or a pair of which one form is taken (as tokenized, repaired)."""
    if isinstance(document, tuple):
        return document[1] if draw.random() < source["repaired"] else document[0]
    return document


def make_batch(examples):
    """Arrays for the device."""
    ids, shapes, mask = pad(examples)
    positions, rows, heads, main = [], [], [], []
    for row, (_, _, tokens, target, head, is_main) in enumerate(examples):
        positions.extend(row * ids.shape[1] + token for token in tokens)
        rows.extend(target)
        heads.extend([head] * len(tokens))
        main.extend([is_main] * len(tokens))
    return {"ids": ids.astype(np.int32), "shapes": shapes.astype(np.uint8), "mask": mask,
            "positions": np.array(positions, dtype=np.int64), "targets": np.array(rows, dtype=np.float16),
            "heads": np.array(heads, dtype=np.int64), "main": np.array(main, dtype=np.float32)}


def parameter_groups(tagger, rate, head_factor, layer_decay, weight_decay):
    """Heads and token types learn faster; lower layers slower, by `layer_decay` a layer."""
    layers = tagger.encoder.config.num_hidden_layers
    groups = {}
    for name, parameter in tagger.named_parameters():
        if name.startswith("heads.") or "token_type" in name:
            factor = head_factor
        elif ".layer." in name:
            factor = layer_decay ** (layers - 1 - int(name.split(".layer.")[1].split(".")[0]))
        else:
            factor = layer_decay ** layers
        decay = 0.0 if parameter.ndim < 2 else weight_decay
        group = groups.setdefault((factor, decay), {"params": [], "lr": rate * factor, "weight_decay": decay})
        group["params"].append(parameter)
    return list(groups.values())


def one_cycle(step, steps, warmup=0.1):
    """Linear up, cosine down to zero; a factor of the peak rate."""
    if step < steps * warmup:
        return (step + 1) / (steps * warmup)
    return 0.5 * (1 + math.cos(math.pi * (step - steps * warmup) / max(1, steps * (1 - warmup))))


class RunningAverage:
    """Exponential average of the weights."""

    def __init__(self, model, decay):
        self.decay = decay
        self.weights = [parameter.detach().clone() for parameter in model.parameters()]

    def update(self, model, step):
        decay = min(self.decay, (step + 1) / (step + 10))
        torch._foreach_lerp_(self.weights, [parameter.detach() for parameter in model.parameters()], 1 - decay)

    def copy_to(self, model):
        with torch.no_grad():
            for parameter, weight in zip(model.parameters(), self.weights):
                parameter.copy_(weight)


def epochs(seed, count, tokenizer_json, sources, resources, options, workers):
    """The batches of `count` epochs, made ahead by worker processes; the same for a seed whatever the workers."""
    with ProcessPoolExecutor(workers, mp_context=get_context("fork"), initializer=start_worker,
                             initargs=(tokenizer_json, sources, resources, options)) as pool:
        pending = [pool.submit(make_epoch, seed * 1000 + number) for number in range(min(count, workers + 1))]
        for number in range(count):
            batches = pending.pop(0).result()
            if number + workers + 1 < count:
                pending.append(pool.submit(make_epoch, seed * 1000 + number + workers + 1))
            yield number, batches


def fit(tagger, device, seed, tokenizer_json, sources, resources, options, log=print, after_epoch=None):
    """Trains in place; the running average of the weights is what remains."""
    torch.manual_seed(seed)
    tagger.to(device).train()
    groups = parameter_groups(tagger, options["rate"], options["head_factor"], options["layer_decay"], 0.01)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)
    peaks = [group["lr"] for group in groups]
    average = RunningAverage(tagger, options["average"]) if options["average"] else None
    step, started, steps = 0, time.time(), None
    for number, batches in epochs(seed, options["epochs"], tokenizer_json, sources, resources, options,
                                  options["workers"]):
        steps = len(batches) * options["epochs"] if steps is None else steps
        total = torch.zeros((), device=device)
        tagger.train()
        for batch in batches:
            factor = one_cycle(min(step, steps - 1), steps)
            for group, peak in zip(optimizer.param_groups, peaks):
                group["lr"] = peak * factor
            tensors = {name: torch.from_numpy(array).to(device, non_blocking=True) for name, array in batch.items()}
            logits = forward(tagger, tensors, device)
            loss = loss_of(logits, tensors, options["own_head"])
            if options["r_drop"]:
                again = forward(tagger, tensors, device)
                loss = (loss + loss_of(again, tensors, options["own_head"])) / 2
                loss = loss + options["r_drop"] * disagreement(logits[:, 0], again[:, 0])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tagger.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if average:
                average.update(tagger, step)
            total += loss.detach()
            step += 1
        log(f"epoch {number + 1}/{options['epochs']} loss {total.item() / len(batches):.4f} "
            f"steps {step} {time.time() - started:.0f} s")
        if after_epoch:
            after_epoch(number)
    if average:
        average.copy_to(tagger)
    return tagger


def forward(tagger, tensors, device):
    """Logits of a batch's supervised words, [words, heads, labels]."""
    with torch.autocast(device.type, dtype=torch.bfloat16):
        return tagger(tensors["ids"].long(), tensors["shapes"].long(), tensors["mask"], tensors["positions"])


def disagreement(one, other):
    """Mean symmetric Kullback-Leibler divergence of two passes under different dropout (R-Drop, Liang et al. 2021)."""
    one, other = torch.log_softmax(one, -1), torch.log_softmax(other, -1)
    return ((one.exp() - other.exp()) * (one - other)).sum(-1).mean() / 2


def loss_of(logits, tensors, own_weight):
    """Cross-entropy with the targets: the main head where the set speaks its guidelines, the set's own beside it."""
    log_probabilities = torch.log_softmax(logits, -1)
    target = tensors["targets"].float()
    main = -(log_probabilities[:, 0] * target).sum(-1) * tensors["main"]
    loss = main.sum() / tensors["main"].sum().clamp(min=1)
    own = tensors["heads"] > 0
    if own_weight and len(HEADS) > 1:
        rows = torch.arange(len(logits), device=logits.device)
        values = -(log_probabilities[rows, tensors["heads"]] * target).sum(-1) * own
        loss = loss + own_weight * values.sum() / own.sum().clamp(min=1)
    return loss
