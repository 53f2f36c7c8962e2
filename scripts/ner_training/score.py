"""Scores as the program's `eval` counts them: windows merged, BIO2 enforced, tokens aligned, spans compared."""

import numpy as np
import torch

from .corpora import LABELS
from .windows import Stream, pad, scoring_windows

NEGATIVE = -1e4
TRANSITIONS = np.zeros((len(LABELS), len(LABELS)), dtype=np.float32)
for _next, _label in enumerate(LABELS):
    if _label.startswith("I-"):
        for _previous, _other in enumerate(LABELS):
            if _other[1:] != _label[1:] or _other == "O":
                TRANSITIONS[_previous, _next] = NEGATIVE
START = np.array([NEGATIVE if label.startswith("I-") else 0.0 for label in LABELS], dtype=np.float32)


def viterbi(log_probabilities):
    """Best label sequence that obeys BIO2; [words, labels] → [words]."""
    count = len(log_probabilities)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    best = log_probabilities[0] + START
    back = np.zeros((count, len(LABELS)), dtype=np.int64)
    for word in range(1, count):
        paths = best[:, None] + TRANSITIONS
        back[word] = paths.argmax(0)
        best = paths[back[word], np.arange(len(LABELS))] + log_probabilities[word]
    labels = np.zeros(count, dtype=np.int64)
    labels[-1] = best.argmax()
    for word in range(count - 1, 0, -1):
        labels[word - 1] = back[word, labels[word]]
    return labels


@torch.inference_mode()
def word_logits(tagger, documents, subwords, device, window=256, overlap=64, head=0, budget=16384):
    """For each document [words, labels]: logits from the window where the word stands most central."""
    streams = [Stream(document, subwords) for document in documents]
    jobs = []
    for number, stream in enumerate(streams):
        jobs.extend((number, item) for item in scoring_windows(stream, subwords, window, overlap))
    jobs.sort(key=lambda job: len(job[1][0]))
    results = [np.full((len(stream.words), len(LABELS)), 0.0, dtype=np.float32) for stream in streams]
    for result in results:
        result[:, 0] = 20.0  # A word of no tokens is O.
    centrality = [np.full(len(stream.words), -1, dtype=np.int64) for stream in streams]
    tagger.eval()
    at = 0
    while at < len(jobs):
        end, longest = at, 0
        while end < len(jobs) and max(longest, len(jobs[end][1][0])) * (end - at + 1) <= budget:
            longest = max(longest, len(jobs[end][1][0]))
            end += 1
        end = max(end, at + 1)
        chunk = jobs[at:end]
        ids, shapes, mask = pad([item for _, item in chunk])
        where = [(row, token) for row, (_, item) in enumerate(chunk) for token, word in enumerate(item[2]) if word >= 0]
        positions = torch.tensor([row * ids.shape[1] + token for row, token in where], dtype=torch.long)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits = tagger(torch.from_numpy(ids).to(device), torch.from_numpy(shapes).to(device),
                            torch.from_numpy(mask).to(device), positions.to(device))
        logits = logits[:, head].float().cpu().numpy()
        for (row, token), values in zip(where, logits):
            number, item = chunk[row]
            word, last = item[2][token], len(item[0]) - 2
            central = min(token - 1, last - token)
            if central > centrality[number][word]:
                centrality[number][word] = central
                results[number][word] = values
        at = end
    return results


def log_softmax(logits):
    """Row-wise, in numpy."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def spans(labels):
    """{(start, end, label)} of a BIO2 sequence of strings."""
    found, start, kind = set(), None, None
    for index, label in enumerate([*labels, "O"]):
        if start is not None and label != f"I-{kind}":
            found.add((start, index, kind))
            start = None
        if label.startswith("B-") or (label.startswith("I-") and start is None):
            start, kind = index, label[2:]
    return found


def mention_scores(logits, labels):
    """([scores], [1 where right]) of a document's mentions, as the program's decoder has them.

    A score is the product of the words' probabilities and of the probability that the next word does not go on.
    """
    log_p = log_softmax(logits)
    path = viterbi(log_p)
    gold, scores, right = spans([LABELS[label] for label in labels]), [], []
    for start, end, kind in sorted(spans([LABELS[label] for label in path])):
        value = np.exp(log_p[np.arange(start, end), path[start:end]].sum())
        if end < len(path):
            value *= 1 - np.exp(log_p[end, LABELS.index(f"I-{kind}")])
        scores.append(value)
        right.append(float((start, end, kind) in gold))
    return np.array(scores), np.array(right)


def mean_surprise(scores, right):
    """Mean negative log likelihood of what is right and what is not."""
    scores = np.clip(scores, 1e-6, 1 - 1e-6)
    return -(right * np.log(scores) + (1 - right) * np.log(1 - scores)).mean()


def expected_error(scores, right, bins=10):
    """Expected calibration error over bins of equal width, as `nomenclator eval` counts it."""
    number = np.minimum((scores * bins).astype(int), bins - 1)
    weights = np.bincount(number, minlength=bins).clip(min=1)
    distance = np.abs(np.bincount(number, scores, bins) - np.bincount(number, right, bins)) / weights
    return (distance * np.bincount(number, minlength=bins)).sum() / max(len(scores), 1)


def f1(gold_lines, predicted_lines, ignored=()):
    """{"all": (P, R, F1), label: …} in points of 100, over lines of label strings."""
    counts = {}
    for gold, predicted in zip(gold_lines, predicted_lines, strict=True):
        gold = {span for span in spans(gold) if span[2] not in ignored}
        predicted = {span for span in spans(predicted) if span[2] not in ignored}
        for kind in {span[2] for span in gold | predicted}:
            for key in (kind, "all"):
                count = counts.setdefault(key, [0, 0, 0])
                count[0] += sum(span[2] == kind for span in gold & predicted)
                count[1] += sum(span[2] == kind for span in predicted)
                count[2] += sum(span[2] == kind for span in gold)
    scores = {}
    for key, (hits, found, real) in counts.items():
        precision, recall = hits / max(found, 1), hits / max(real, 1)
        scores[key] = tuple(100 * value for value in
                            (precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)))
    return scores


def f1_of_words(read, ignored=()):
    """F1 in points of 100 over (logits, labels) of documents, in words: for choosing, where tokens do not matter."""
    gold, predicted = [], []
    for logits, labels in read:
        gold.append([LABELS[label] for label in labels])
        predicted.append([LABELS[label] for label in viterbi(log_softmax(logits))])
    return f1(gold, predicted, ignored)["all"][2]


def score_set(tagger, documents, sentences_by_document, subwords, device, head=0, ignored=(), window=256,
              overlap=64):
    """F1 of `documents` (of words) against their token labels."""
    logits = word_logits(tagger, documents, subwords, device, window, overlap, head)
    gold, predicted = [], []
    for document, sentences, values in zip(documents, sentences_by_document, logits, strict=True):
        labels, at = viterbi(log_softmax(values)), 0
        for line, (tokens, token_labels) in zip(document, sentences, strict=True):
            firsts = [index for index, word in enumerate(line) if not word.glued]
            assert len(firsts) == len(tokens), (tokens, line)
            predicted.append([LABELS[labels[at + index]] for index in firsts])
            gold.append(token_labels)
            at += len(line)
    return f1(gold, predicted, ignored)
