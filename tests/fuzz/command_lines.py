"""Command lines with one hostile word each, and files that are not what they claim to be."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HOSTILE_WORDS = (
    "", " ", "nan", "inf", "-inf", "-1", "0", "1e-30", "1e-300", "1e308", "1j", "None", "True", "٣", "1_000",
    "99999999999", "9" * 30, "9" * 400, "x" * 5000, "\x1b[31mred", "a\nb", "1,2,3", "nan,nan", "2,1", "0,0",
    "/dev/null", "/proc/no/such", "../..", "--", "🙂",
)  # fmt: skip
"""What one types by mistake, or to see what happens."""

OPTIONS = {
    "estimate --shape 1 2 --no-output-layer --norm 0.9,1.3": (
        "--shape", "--blocks", "--kernel", "--paths", "--norm", "--skip-weight", "--conv-alpha",
        "--output-rows",
        "--activation",
        "--gain", "--epsilon", "--loading", "--regime", "--output", "--convolution", "--qram", "--uncompute",
        "--rotation-model", "--surface-code", "--preset", "--failure-probability", "--physical-error",
        "--cycle-time-us", "--factories", "--out",
    ),
    "report digits-1 --image 450": ("--image", "--epsilon", "--norm-bounds", "--out"),
    "verify no-such-model": ("--images", "--level", "--loading", "--epsilon"),
    "sample digits-1 --image -1": ("--shots", "--seed", "--level"),
    "sweep shapes --shape 1,1 --regime 7": ("--shape", "--blocks", "--epsilon", "--block-norm", "--out"),
    "quantize digits-1 --image 450": ("--bits", "--image", "--epsilon", "--uncompute", "--out"),
    "scaling --regimes 9": ("--min-log2-n", "--max-log2-n", "--blocks", "--epsilon", "--clock", "--out"),
}  # fmt: skip
"""Command -> the options that get a hostile word; but for the first, which is cheap, the rest is refused."""


SLOW = {("--conv-alpha", "1_000")}
"""A network that is valid: its amplifications of degree 2,723 take a second each, and a search makes many."""


def command_lines() -> list[tuple[str, ...]]:
    """Every option with every hostile word."""
    return [
        (*command.split(), option, word)
        for command, options in OPTIONS.items()
        for option in options
        for word in HOSTILE_WORDS
        if (option, word) not in SLOW
    ]


def header(text: str) -> bytes:
    """An `.npy` file that is only a header of some text."""
    line = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line


def _npy(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def _zip(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def arrays() -> dict[str, bytes]:
    """Files that are no image, by what is wrong with them."""
    claims = "{{'descr': '{0}', 'fortran_order': False, 'shape': {1}, }}"
    return {
        "empty": b"",
        "4 GB": header(claims.format("<f8", "(536870912,)")),
        "16 TiB": header(claims.format("<f8", "(2199023255552,)")),
        "overflow": header(claims.format("<f8", f"({10**30}, {10**30})")),
        "negative": header(claims.format("<f8", "(-8, 8)")),
        "brackets": header("(" * 60),
        "deep": header("(" * 9000 + ")" * 9000),
        "text": header("no description"),
        "words": _npy(np.array(["a", "b"])),
        "complex": _npy(np.ones((8, 8)) * 1j),
        "objects": _npy(np.array([{}, None], dtype=object)),
        "nan": _npy(np.full((8, 8), np.nan)),
        "zero": _npy(np.zeros((8, 8))),
        "short": _npy(np.ones((8, 8)))[:-9],
        "version 9": b"\x93NUMPY\x09\x00" + b"\x00" * 64,
        "random": bytes(np.random.default_rng(0).integers(0, 256, 4096, dtype=np.uint8)),
    }


def models() -> Iterator[tuple[str, bytes]]:
    """Files that are no model, by what is wrong with them."""
    yield from arrays().items()
    nested = "[" * 100_000 + "]" * 100_000
    yield "nested", _zip(metadata=_npy(np.array(nested)))
    yield "no metadata", _zip(kernel_0=_npy(np.ones(4)))
    yield (
        "other",
        _zip(
            metadata=_npy(np.array(json.dumps({"format": "x", "format_version": 1, "sha256": ""})))
        ),
    )
    metadata = "{'descr': '<U11811160064', 'fortran_order': False, 'shape': (), }"
    yield "44 GiB", _zip(metadata=header(metadata))
    zeros = header("{'descr': '|u1', 'fortran_order': False, 'shape': (3500000000,), }")
    yield "bomb", _bomb(zeros)
    for seed in range(40):
        yield f"bent {seed}", _bent(seed)


def _bomb(start: bytes) -> bytes:
    """A small archive that unpacks to 3.5 GB."""
    stream = io.BytesIO()
    block = b"\x00" * 2**20
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("kernel_0.npy", "w", force_zip64=True) as member,
    ):
        member.write(start)
        for _ in range(3338):
            member.write(block)
    return stream.getvalue()


def _bent(seed: int) -> bytes:
    """A bundled model with some bytes changed."""
    import bloqs.networks

    path = Path(bloqs.networks.__file__).parent / "trained" / "digits-1.npz"
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 1 + seed):
        content[place] = rng.integers(0, 256)
    return bytes(content)
