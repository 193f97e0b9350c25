"""Bloqs that an earlier version stored are read by this one, as the same bloqs."""

import gzip
from pathlib import Path

import attrs
import pytest
from qualtran.protos import bloq_pb2
from qualtran.serialization.bloq import bloqs_from_proto

from bloqs.catalogue import CATALOGUE
from bloqs.networks.network import ResidualNetwork

STORED = Path(__file__).parent / "data" / "stored-bloqs-0.1.0.pb.gz"
"""Concrete examples of the catalogue as the first development version wrote them; beside it their names."""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_bloqs_stored_by_an_earlier_version() -> None:
    library = bloq_pb2.BloqLibrary()
    library.ParseFromString(gzip.decompress(STORED.read_bytes()))
    found = bloqs_from_proto(library)
    names = STORED.with_name("stored-bloqs-0.1.0.txt").read_text().split()
    examples = {example.name: example for entry in CATALOGUE for example in entry.examples}
    assert [name for name in names if examples[name].make() not in found] == ["network_small"]
    # Of a network the facts are stored too, and they are those of the version that built it.
    (stored,) = [bloq for bloq in found if isinstance(bloq, ResidualNetwork)]
    made = examples["network_small"].make()
    assert stored.facts != made.facts
    assert attrs.evolve(stored, notes=made.notes) == made
