"""Whole-word masked language modelling on news, with case shapes as input: token-level features won back."""

import itertools
import random
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch

from .encoder import MaskedLanguageHead
from .fit import one_cycle
from .windows import Stream, pad, training_windows

_shared = {}


def masked_windows(streams, subwords, draw, vocabulary, mask_id, longest, share=0.2):
    """Windows with `share` of their words masked: (ids, shapes, original ids, masked positions)."""
    examples = []
    for stream in streams:
        for ids, shapes, starts in training_windows(stream, subwords, draw, longest, shortest=longest // 2):
            masked, new_ids, new_shapes = [], list(ids), list(shapes)
            token = 1
            while token < len(ids) - 1:
                end = token + 1
                while end < len(ids) - 1 and starts[end] < 0 and ids[end] != subwords.sep:
                    end += 1
                if starts[token] >= 0 and draw.random() < share:
                    way = draw.random()
                    hide_shape = draw.random() < 0.5
                    for position in range(token, end):
                        masked.append(position)
                        if way < 0.8:
                            new_ids[position] = mask_id
                        elif way < 0.9:
                            new_ids[position] = draw.randrange(1000, vocabulary)
                        if hide_shape:
                            new_shapes[position] = 0
                token = end
            if masked:
                examples.append((new_ids, new_shapes, ids, masked))
    return examples


def start_worker(documents, subwords, vocabulary, mask_id, longest, budget):
    """Runs once in each worker process."""
    _shared.update(documents=documents, subwords=subwords, vocabulary=vocabulary, mask_id=mask_id, longest=longest,
                   budget=budget)


def make_shard(seed, shard, shards):
    """Batches of every `shards`-th document: arrays (ids, shapes, mask, positions, wanted ids)."""
    draw = random.Random(seed * 1000 + shard)
    streams = (Stream(document, _shared["subwords"]) for document in _shared["documents"][shard::shards])
    examples = masked_windows(streams, _shared["subwords"], draw, _shared["vocabulary"], _shared["mask_id"],
                              _shared["longest"])
    examples.sort(key=lambda example: (len(example[0]) // 16, draw.random()))
    batches, start = [], 0
    for index in range(len(examples)):
        last = index + 1 == len(examples)
        if last or len(examples[index + 1][0]) * (index + 2 - start) > _shared["budget"]:
            batch = examples[start:index + 1]
            ids, shapes, mask = pad(batch)
            width = ids.shape[1]
            positions = np.array([row * width + token for row, item in enumerate(batch) for token in item[3]])
            wanted = np.array([item[2][token] for item in batch for token in item[3]])
            batches.append((ids, shapes, mask, positions, wanted))
            start = index + 1
    draw.shuffle(batches)
    return batches


def batches_forever(seed, workers, *shared):
    """Batches of pass after pass, made ahead; the same for a seed whatever the number of workers."""
    shards = 8
    with ProcessPoolExecutor(workers, mp_context=get_context("fork"), initializer=start_worker,
                             initargs=shared) as pool:
        tasks = ((seed + turn, shard) for turn in itertools.count() for shard in range(shards))
        pending = deque()
        while True:
            while len(pending) <= workers:
                pending.append(pool.submit(make_shard, *next(tasks), shards))
            yield from pending.popleft().result()


def pretrain(tagger, documents, subwords, mask_id, device, seed, epochs, rate, workers, budget=16384, longest=256,
             log=print):
    """Trains the encoder in place; the prediction head is dropped afterwards."""
    torch.manual_seed(seed)
    source = batches_forever(seed, workers, documents, subwords, tagger.encoder.config.vocab_size, mask_id, longest,
                             budget)
    # About 1.35 sub-words a word, padding and line breaks included.
    words = sum(len(line) for document in documents for line in document)
    steps = max(1, round(epochs * words * 1.35 / budget))
    first = next(source)
    encoder = tagger.encoder.to(device).train()
    head = MaskedLanguageHead(encoder).to(device)
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.01,
                                  fused=True)
    losses, started = [], time.time()
    for step, arrays in enumerate(itertools.islice(itertools.chain([first], source), steps)):
        ids, shapes, mask, positions, wanted = (torch.from_numpy(array).to(device) for array in arrays)
        for group in optimizer.param_groups:
            group["lr"] = rate * one_cycle(step, steps, 0.06)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            hidden = encoder(input_ids=ids, token_type_ids=shapes, attention_mask=mask).last_hidden_state
            chosen = hidden.reshape(-1, hidden.shape[-1])[positions]
            loss = torch.nn.functional.cross_entropy(head(chosen).float(), wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.detach())
        if (step + 1) % 200 == 0 or step + 1 == steps:
            log(f"masked words: step {step + 1}/{steps} loss {torch.stack(losses[-200:]).mean():.3f} "
                f"{time.time() - started:.0f} s")
