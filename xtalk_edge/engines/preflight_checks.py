"""The usual way to try each kind of model file; run in a throw-away child, which may die.

Each function takes the file's path and raises, exits or crashes when the file will not do.
"""

from __future__ import annotations


def gguf(path: str) -> None:
    """Load the whole model as llama.cpp would and run one token through every layer."""
    from llama_cpp import Llama

    model = Llama(path, n_ctx=32, n_batch=32, n_threads=1, n_gpu_layers=0, verbose=False)
    model.eval([max(model.token_bos(), 0)])


def onnx(path: str) -> None:
    """Load the graph; whether it fits an engine is that engine's own check."""
    import onnxruntime

    onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def tflite(path: str) -> None:
    """Load the model, allocate its tensors and run it once on zeros."""
    import ctypes

    from pymicro_wakeword import MicroWakeWord, Model

    lib = MicroWakeWord.from_builtin(Model.ALEXA).lib
    model = ctypes.c_void_p(lib.TfLiteModelCreateFromFile(path.encode()))
    if not model:
        raise ValueError("TensorFlow Lite does not accept it")
    interpreter = ctypes.c_void_p(lib.TfLiteInterpreterCreate(model, None))
    if not interpreter or lib.TfLiteInterpreterAllocateTensors(interpreter) != 0:
        raise ValueError("TensorFlow Lite cannot allocate its tensors")
    if lib.TfLiteInterpreterInvoke(interpreter) != 0:
        raise ValueError("TensorFlow Lite cannot run it")
