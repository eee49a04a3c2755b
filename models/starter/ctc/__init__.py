"""A small streaming recogniser that spells what espeak-ng says, in the form sherpa-onnx loads.

Its purpose is to run the real streaming code everywhere; it is not made for human speech.
"""
