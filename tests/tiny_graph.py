"""Puts small ONNX graphs together for tests: real networks of a few nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

Shape = Sequence[int | str]


def graph_of(
    nodes: Sequence[Any],
    constants: Mapping[str, np.ndarray],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
    facts: Mapping[str, object] | None = None,
    whole: Sequence[str] = (),
    narrow: Sequence[str] = (),
) -> ModelProto:
    """Return a model.

    Args:
        nodes: in an order in which they can be computed.
        constants: tensors by name.
        inputs: their shapes; a name stands for any size.
        outputs: theirs.
        facts: its metadata.
        whole: inputs that are whole numbers; the others are floats.
        narrow: inputs that are whole numbers of 32 bits.
    """

    def value(name: str, shape: Shape) -> Any:
        kind = TensorProto.INT64 if name in whole else TensorProto.FLOAT
        kind = TensorProto.INT32 if name in narrow else kind
        return helper.make_tensor_value_info(name, kind, shape)

    graph = helper.make_graph(
        nodes,
        "tiny",
        [value(name, shape) for name, shape in inputs.items()],
        [value(name, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(tensor, name) for name, tensor in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    for key, fact in (facts or {}).items():
        model.metadata_props.add(key=key, value=str(fact))
    return model
