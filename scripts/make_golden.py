#!/usr/bin/env python3
"""Write what Hugging Face says, for tests/golden.rs to hold the native engine against.

    scripts/make_golden.py newswire   # tests/golden/newswire.json, from models/newswire: run after replacing the model
    scripts/make_golden.py small      # tests/golden/*/: small random models of other kinds, with their answers

Each answer holds, for every text, the words (byte span, case shape, position of the first sub-word), the tokens of the
one window that holds it, and the logits of every token, computed in float32 from the weights as stored.
"""

import argparse
import hashlib
import json
from pathlib import Path

import regex
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForTokenClassification

from ner_training import words as training_words

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
WORD_PATTERN = training_words.WORD_PATTERN

# Our own sentences; the odd ones are there for the segmenter and the normaliser.
TEXTS = [
    "GENEVA, March 3 — The World Health Organization said on Monday that U.S. and Swiss officials would meet in "
    "Geneva to discuss the agency’s budget, which fell 3.5% to $6,834,000,000 last year.",
    "Foreign Minister Anna Lindqvist-Osei told Parliament she hadn't seen the \"draft\" of the Ankara-Tbilisi accord.\n"
    "\n\nO’Brien's office declined to comment...\nAT&T and D'Arcy Ltd. did, too -- at 10:45 a.m.",
    "CABINET OF NORTHLAND RESIGNS; PRESIDENT MARA VELEZ CALLS ELECTION",
    "Élysée spokeswoman Zoë Núñez-Ågren (46) met İsmail Şahin in München; cafe\u0301 owners in Łódź weren’t amused.",
    "Beijing (北京) and Tokyo 東京 signed; ソウル, กรุงเทพ and Москва did not. 🇨🇭🤝👩‍👩‍👧 #Davos2031 @un_news",
    "|Team|P|W|\n|Iceland|10|7|\n\r\n|Faroe Islands\t|10|2|\u200b\u00a0end\ufeff iPhone eBay McKay x²  \u2028 ½",
    "a",
    "",
]


def model_hash(folder):
    """As ModelFolder::hash in src/model/folder.rs."""
    digest = hashlib.sha256()
    for name in ["config.json", "tokenizer.json", "model.safetensors"]:
        data = (folder / name).read_bytes()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def load(folder):
    """The model in float32, whatever its tensors are called."""
    config = BertConfig.from_pretrained(folder)
    config._attn_implementation = "eager"
    model = BertForTokenClassification(config).eval()
    tensors = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
        if not name.startswith(("bert.", "classifier.")):
            name = "bert." + name
        tensors[name] = tensor.float()
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    return model


def answers(folder):
    """What Hugging Face says of TEXTS with the model in `folder`."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    feeding = config.get("nomenclator", {})
    words_of = regex.compile(feeding.get("word_pattern", WORD_PATTERN), regex.V1)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    model = load(folder)
    texts = []
    for text in TEXTS:
        ids, types, words, last = [begin], [0], [], None
        matches = list(words_of.finditer(text))
        for match, following in zip(matches, [*matches[1:], None]):
            if feeding.get("line_break") == "sep" and last is not None and "\n" in text[last : match.start()]:
                ids.append(end)
                types.append(0)
            joined_right = following is not None and following.start() == match.end()
            shape = training_words.shape(match.group(), last == match.start(), joined_right)
            last = match.end()
            sub_words = tokenizer.encode([match.group()], is_pretokenized=True, add_special_tokens=False).ids
            start = len(text[: match.start()].encode())
            stop = start + len(match.group().encode())
            words.append([start, stop, shape, len(ids) if sub_words else None])
            ids += sub_words
            types += [shape if feeding.get("token_types") == "case_shape" else 0] * len(sub_words)
        ids.append(end)
        types.append(0)
        assert len(ids) <= feeding.get("window", min(256, config["max_position_embeddings"])), len(ids)
        entry = {"text": text, "words": words, "token_ids": [], "token_types": [], "logits": []}
        if words:
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([types])).logits[0]
            entry |= {"token_ids": ids, "token_types": types}
            entry["logits"] = [[round(value, 6) for value in row] for row in logits.tolist()]
        texts.append(entry)
    return {"model": model_hash(folder), "texts": texts}


def write_answers(folder, path):
    lines = json.dumps(answers(folder), ensure_ascii=False, separators=(",", ":")).replace('{"text"', '\n{"text"')
    path.write_text(lines + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def small_tokenizer(lower_case):
    """WordPiece over the texts' own characters and some of their words: odd characters stay unknown."""
    normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    pieces = []
    for text in TEXTS:
        pieces += [piece for piece, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(normalizer.normalize_str(text))]
    characters = sorted({character for piece in pieces for character in piece if ord(character) < 0x250})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += characters + ["##" + character for character in characters if character.isalnum()]
    vocabulary += [word for word in sorted(set(pieces)) if word.isascii() and len(word) > 2][::2]
    ids = {token: index for index, token in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    # Checkpoints bring the cut of their training; the program must not make it.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    return tokenizer


CONLL = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]
OWN_KEY = {
    "version": "golden", "word_pattern": WORD_PATTERN, "token_types": "case_shape", "window": 192, "overlap": 32,
    "line_break": "sep", "lower_case": True, "calibration": {"temperature": 1.5},
}
SMALL_MODELS = {
    # As the model that ships, but small.
    "uncased": dict(lower_case=True, labels=CONLL, own_key=OWN_KEY, dtype=torch.bfloat16,
                    shape=dict(hidden_size=32, num_attention_heads=2, intermediate_size=64, num_hidden_layers=2,
                               type_vocab_size=6, max_position_embeddings=192)),
    # An ordinary checkpoint: no key of ours, other sizes, other labels in another order.
    "cased": dict(lower_case=False, labels=["I-vessel", "B-geo-political", "B-vessel", "O", "I-geo-political", "B-time"],
                  shape=dict(hidden_size=48, num_attention_heads=3, intermediate_size=80, num_hidden_layers=1,
                             max_position_embeddings=300)),
    # As saved by the first conversions from TensorFlow.
    "gamma-beta": dict(lower_case=False, labels=CONLL, old_names=True,
                       shape=dict(hidden_size=24, num_attention_heads=4, intermediate_size=36, num_hidden_layers=2,
                                  hidden_act="relu", max_position_embeddings=256, layer_norm_eps=1e-5)),
    # A bare encoder's names with a classifier beside it, in half precision.
    "bare-f16": dict(lower_case=True, labels=CONLL, bare=True, dtype=torch.float16,
                     shape=dict(hidden_size=40, num_attention_heads=1, intermediate_size=64, num_hidden_layers=1,
                                hidden_act="gelu_new", max_position_embeddings=256)),
}


def make_small(name, seed, lower_case, labels, shape, own_key=None, dtype=torch.float32, old_names=False, bare=False):
    folder = GOLDEN / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = small_tokenizer(lower_case)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)}, initializer_range=0.15, **shape,
    )
    config.architectures = ["BertForTokenClassification"]
    model = BertForTokenClassification(config)
    tensors = {}
    for key, tensor in model.state_dict().items():
        if key.endswith("position_ids"):
            continue
        # Biases and normalisations start at 0 and 1, where a mix-up would not show.
        if tensor.dim() == 1:
            tensor = tensor + 0.2 * torch.randn_like(tensor)
        if old_names:
            key = key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        if bare:
            key = key.removeprefix("bert.")
        tensors[key] = tensor.to(dtype).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    stored = config.to_dict()
    if own_key:
        stored["nomenclator"] = own_key
    (folder / "config.json").write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_answers(folder, folder / "golden.json")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["newswire", "small"])
    if parser.parse_args().what == "newswire":
        write_answers(ROOT / "models" / "newswire", GOLDEN / "newswire.json")
    else:
        for seed, (name, recipe) in enumerate(SMALL_MODELS.items()):
            make_small(name, seed, **recipe)


if __name__ == "__main__":
    main()
