"""The peers: transformers, ONNX Runtime and OpenVINO over the same weights."""

import importlib.metadata
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from .texts import windows_of

BATCH_SIZES = [4, 16, 32, 64]


class Peer:
    """An engine that scores padded batches; subclasses have `score(ids, types, mask)`."""

    def __init__(self, name):
        self.name, self.batch_size = name, 32

    def prepare(self, sample):
        """Warms up and finds the batch size that suits it."""
        self.run(sample)
        times = {}
        for size in BATCH_SIZES:
            self.batch_size = size
            start = time.perf_counter()
            self.run(sample)
            times[size] = time.perf_counter() - start
        self.batch_size = min(times, key=times.get)

    def run(self, corpus):
        """Texts to logits; windows sorted by length."""
        windows = windows_of(corpus.tokenizer, corpus.texts)
        order = sorted(range(len(windows)), key=lambda window: -len(windows[window]))
        for at in range(0, len(order), self.batch_size):
            members = order[at:at + self.batch_size]
            longest = len(windows[members[0]])
            ids, types, mask = (np.zeros((len(members), longest), dtype=np.int64) for _ in range(3))
            for row, window in enumerate(members):
                length = len(windows[window])
                ids[row, :length], types[row, :length], mask[row, :length] = windows[window], corpus.types[window], 1
            self.score(ids, types, mask)


class Transformers(Peer):
    """Hugging Face's model class on torch."""

    def __init__(self, model, kind):
        super().__init__(f"transformers {str(kind).removeprefix('torch.')}")
        self.model = load(model).to(kind)

    def score(self, ids, types, mask):
        with torch.inference_mode():
            self.model(torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(types))


class OnnxRuntime(Peer):
    """ONNX Runtime on the exported model."""

    def __init__(self, path, kind, threads):
        import onnxruntime

        super().__init__(f"ONNX Runtime {kind}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def score(self, ids, types, mask):
        self.session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})


class OpenVino(Peer):
    """OpenVINO on the exported model."""

    def __init__(self, path, kind, threads):
        import openvino

        super().__init__(f"OpenVINO {kind}")
        core = openvino.Core()
        self.model = core.compile_model(str(path), "CPU", {
            "INFERENCE_PRECISION_HINT": kind, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"})
        self.request = self.model.create_infer_request()

    def score(self, ids, types, mask):
        self.request.infer({"input_ids": ids, "attention_mask": mask, "token_type_ids": types})


def load(model):
    """The folder as transformers' BertForTokenClassification, in f32."""
    from transformers import BertConfig, BertForTokenClassification

    config = json.loads((Path(model) / "config.json").read_text(encoding="utf-8"))
    config.pop("nomenclator", None)
    config["dtype"] = "float32"
    return BertForTokenClassification.from_pretrained(model, config=BertConfig(**config), dtype=torch.float32).eval()


def export(model, folder):
    """The model in ONNX, f32 and dynamically quantised to int8: two paths."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    plain, prepared, quantised = (Path(folder) / name for name in ("f32.onnx", "prepared.onnx", "int8.onnx"))
    example = torch.ones(2, 16, dtype=torch.int64)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    batch, length = torch.export.Dim("batch"), torch.export.Dim("length", max=512)
    torch.onnx.export(load(model), (), str(plain), kwargs=dict.fromkeys(names, example), input_names=names,
                      dynamic_shapes={name: {0: batch, 1: length} for name in names}, dynamo=True, external_data=False)
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(str(prepared), str(quantised), weight_type=QuantType.QInt8, per_channel=True)
    return plain, quantised


def peers(model, threads):
    """All of them, ready."""
    torch.set_num_threads(threads)
    folder = tempfile.mkdtemp()
    plain, quantised = export(model, folder)
    return [
        Transformers(model, torch.float32),
        Transformers(model, torch.bfloat16),
        OnnxRuntime(plain, "f32", threads),
        OnnxRuntime(quantised, "int8", threads),
        OpenVino(plain, "f32", threads),
        OpenVino(plain, "bf16", threads),
    ]


def versions():
    """Of the packages that compute."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in (
        "torch", "transformers", "onnxruntime", "openvino", "tokenizers"))
