"""GGUF files changed one thing at a time, for tests with hostile ones: read whole, written again with
whatever metadata, types and offsets they are told."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, LIST, U64, I64, F64 = range(13)
_FORMS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}
# A few of ggml's types: number, values of a block, its bytes.
TYPES = {"f32": (0, 1, 4), "f16": (1, 1, 2), "q8_0": (8, 32, 34), "q8_1": (9, 32, 36), "q8_K": (15, 256, 292),
         "i8": (24, 1, 1), "i16": (25, 1, 2), "i32": (26, 1, 4), "i64": (27, 1, 8), "f64": (28, 1, 8)}


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values[0]

    def text(self):
        size = self.take("Q")
        self.at += size
        return self.data[self.at - size : self.at]

    def value(self, kind):
        if kind == TEXT:
            return self.text()
        if kind == LIST:
            inner, count = self.take("I"), self.take("Q")
            return inner, [self.value(inner) for _ in range(count)]
        return self.take(_FORMS[kind])


@dataclass
class Tensor:
    shape: list
    kind: int
    data: bytes


@dataclass
class Gguf:
    metadata: dict = field(default_factory=dict)  # key: (kind, value)
    tensors: dict = field(default_factory=dict)  # name: Tensor

    def retype(self, name, kind):
        """Zeros of another type in the same shape."""
        number, block, size = TYPES[kind]
        tensor = self.tensors[name]
        count = 1
        for length in tensor.shape:
            count *= length
        tensor.kind, tensor.data = number, bytes(count // block * size)


def read(path):
    """A file that tiny.py wrote."""
    reader = _Reader(Path(path).read_bytes())
    reader.take("I"), reader.take("I")
    count, keys = reader.take("Q"), reader.take("Q")
    file, places = Gguf(), {}
    for _ in range(keys):
        key = reader.text().decode()
        kind = reader.take("I")
        file.metadata[key] = (kind, reader.value(kind))
    for _ in range(count):
        name = reader.text().decode()
        shape = [reader.take("Q") for _ in range(reader.take("I"))]
        file.tensors[name] = Tensor(shape, reader.take("I"), b"")
        places[name] = reader.take("Q")
    start = reader.at + -reader.at % 32
    ends = [*sorted(places.values())[1:], len(reader.data) - start]
    for (name, at), end in zip(sorted(places.items(), key=lambda item: item[1]), ends):
        file.tensors[name].data = reader.data[start + at : start + end]
    return file


def _text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(value)) + value


def _value(kind, value):
    if kind == TEXT:
        return _text(value)
    if kind == LIST:
        inner, values = value
        return struct.pack("<IQ", inner, len(values)) + b"".join(_value(inner, v) for v in values)
    return struct.pack("<" + _FORMS[kind], value)


def write(path, file, alignment=32):
    head = b"GGUF" + struct.pack("<IQQ", 3, len(file.tensors), len(file.metadata))
    for key, (kind, value) in file.metadata.items():
        head += _text(key) + struct.pack("<I", kind) + _value(kind, value)
    data = bytearray()
    for name, tensor in file.tensors.items():
        head += _text(name) + struct.pack("<I", len(tensor.shape))
        head += struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape)
        head += struct.pack("<IQ", tensor.kind, len(data))
        data += tensor.data + bytes(-len(tensor.data) % alignment)
    Path(path).unlink(missing_ok=True)
    Path(path).write_bytes(head + bytes(-len(head) % alignment) + data)
