"""How this process runs ONNX networks: on one thread, holding no more memory than it needs."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from xtalk_edge.engines.graphics import CPU, CUDA

_PROVIDERS = {
    CPU: ["CPUExecutionProvider"],
    # What it has no kernel for is left to the processor.
    CUDA: ["CUDAExecutionProvider", "CPUExecutionProvider"],
}


def open_session(path: Path, provider: str = CPU) -> onnxruntime.InferenceSession:
    """Return a session for a network that takes a millisecond or less at a time.

    More threads would only cost, and spinning ones a core; the arena keeps what it once had.

    Raises:
        Exception: onnxruntime's own, or a crash: let `preflight` try the file before.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, _PROVIDERS[provider])
