"""Bloqs that an earlier version stored are read by this one, as the same bloqs."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from qualtran.protos import bloq_pb2
from qualtran.serialization.bloq import bloqs_from_proto

from bloqs.catalogue import CATALOGUE
from bloqs.costs import estimate
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
    # Networks state more of themselves now than they did. The stored one has the same circuit.
    (stored,) = [bloq for bloq in found if isinstance(bloq, ResidualNetwork)]
    made = examples["network_small"].make()
    assert stored != made
    assert estimate(stored).native == estimate(made).native
    # Its bounds come from polynomials that are best to a part in 10^6 of their error, 1e-10 here.
    assert np.abs(stored.block() - made.block()).max() < 1e-10
