"""BibTeX of what a bloq rests on: the papers of its own lemma and of everything that it calls."""

from __future__ import annotations

from collections.abc import Iterator

from qualtran import Adjoint, Bloq, Controlled

from bloqs.checks import instance
from bloqs.convolution import TapConv2D
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.layers import HeraldedVector, NormalizedVector
from bloqs.loading.alias_sampling import AliasSampling
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.lookup import TableLookup
from bloqs.loading.phase_gradient import PhaseGradientRy
from bloqs.loading.qram import QRAMQuery
from bloqs.loading.select_swap import SelectSwapLookup
from bloqs.qsvt import QSVT

BIBTEX = {
    "rattew2026": """@inproceedings{rattew2026,
  title = {Accelerating Inference for Multilayer Neural Networks with Quantum Computers},
  author = {Rattew and Huang and Guo and Pira and Rebentrost},
  booktitle = {International Conference on Learning Representations},
  year = {2026},
  eprint = {2510.07195},
  archivePrefix = {arXiv}
}""",
    "rattew2023": """@misc{rattew2023,
  title = {Non-Linear Transformations of Quantum Amplitudes: Exponential Improvement, Generalization, and
           Applications},
  author = {Rattew and Rebentrost},
  year = {2023},
  eprint = {2309.09839},
  archivePrefix = {arXiv}
}""",
    "gilyen2019": """@inproceedings{gilyen2019,
  title = {Quantum singular value transformation and beyond: exponential improvements for quantum matrix
           arithmetics},
  author = {Gily{\\'e}n and Su and Low and Wiebe},
  booktitle = {Symposium on Theory of Computing},
  year = {2019},
  eprint = {1806.01838},
  archivePrefix = {arXiv}
}""",
    "low2017": """@misc{low2017,
  title = {Hamiltonian Simulation by Uniform Spectral Amplification},
  author = {Low and Chuang},
  year = {2017},
  eprint = {1707.05391},
  archivePrefix = {arXiv}
}""",
    "berry2014": """@inproceedings{berry2014,
  title = {Exponential improvement in precision for simulating sparse {Hamiltonians}},
  author = {Berry and Childs and Cleve and Kothari and Somma},
  booktitle = {Symposium on Theory of Computing},
  year = {2014},
  eprint = {1312.1414},
  archivePrefix = {arXiv}
}""",
    "kerenidis2016": """@misc{kerenidis2016,
  title = {Quantum Recommendation Systems},
  author = {Kerenidis and Prakash},
  year = {2016},
  eprint = {1603.08675},
  archivePrefix = {arXiv}
}""",
    "brassard2002": """@misc{brassard2002,
  title = {Quantum Amplitude Amplification and Estimation},
  author = {Brassard and H{\\o}yer and Mosca and Tapp},
  year = {2000},
  eprint = {quant-ph/0005055},
  archivePrefix = {arXiv}
}""",
    "yoder2014": """@article{yoder2014,
  title = {Fixed-point quantum search with an optimal number of queries},
  author = {Yoder and Low and Chuang},
  journal = {Physical Review Letters},
  year = {2014},
  eprint = {1409.3305},
  archivePrefix = {arXiv}
}""",
    "babbush2018": """@article{babbush2018,
  title = {Encoding Electronic Spectra in Quantum Circuits with Linear {T} Complexity},
  author = {Babbush and Gidney and Berry and Wiebe and McClean and Paler and Fowler and Neven},
  journal = {Physical Review X},
  year = {2018},
  eprint = {1805.03662},
  archivePrefix = {arXiv}
}""",
    "low2018": """@misc{low2018,
  title = {Trading {T}-gates for dirty qubits in state preparation and unitary synthesis},
  author = {Low and Kliuchnikov and Schaeffer},
  year = {2018},
  eprint = {1812.00954},
  archivePrefix = {arXiv}
}""",
    "giovannetti2008": """@article{giovannetti2008,
  title = {Quantum random access memory},
  author = {Giovannetti and Lloyd and Maccone},
  journal = {Physical Review Letters},
  year = {2008},
  eprint = {0708.1879},
  archivePrefix = {arXiv}
}""",
    "shende2006": """@article{shende2006,
  title = {Synthesis of quantum-logic circuits},
  author = {Shende and Bullock and Markov},
  journal = {IEEE Transactions on Computer-Aided Design of Integrated Circuits and Systems},
  year = {2006},
  eprint = {quant-ph/0406176},
  archivePrefix = {arXiv}
}""",
    "gidney2018": """@article{gidney2018,
  title = {Halving the cost of quantum addition},
  author = {Gidney},
  journal = {Quantum},
  year = {2018},
  eprint = {1709.06648},
  archivePrefix = {arXiv}
}""",
}
"""Key -> entry. Authors by their family names."""

RESTS_ON: dict[type[Bloq], tuple[str, ...]] = {
    VectorEncoding: ("rattew2026",),
    RealBlockEncoding: ("rattew2026",),
    QSVT: ("gilyen2019",),
    TapConv2D: ("gilyen2019", "shende2006"),
    NormalizedVector: ("yoder2014",),
    HeraldedVector: ("brassard2002",),
    TableLookup: ("babbush2018",),
    AliasSampling: ("babbush2018",),
    SelectSwapLookup: ("low2018",),
    PhaseGradientRy: ("gidney2018",),
    QRAMQuery: ("kerenidis2016", "giovannetti2008"),
    BucketBrigadeQRAM: ("giovannetti2008",),
}
"""Class of a bloq of ours -> keys; a class that has a `lemma` names its own."""


def _keys(bloq: Bloq) -> Iterator[str]:
    while isinstance(bloq, Adjoint | Controlled):
        bloq = bloq.subbloq
    lemma = getattr(type(bloq), "lemma", None)
    if lemma is not None:
        yield from lemma.references
    for cls, keys in RESTS_ON.items():
        if isinstance(bloq, cls):
            yield from keys


def citation(bloq: Bloq) -> str:
    """BibTeX entries of what a bloq and the bloqs that it calls rest on.

    Args:
        bloq: any; one of Qualtran's alone rests on nothing that is listed here.

    Returns:
        The entries in order of their first call, the paper's own first; empty where there are none.

    Raises:
        ValueError: not a bloq.

    Example:
        >>> from bloqs.published import OneSidedShift
        >>> print(citation(OneSidedShift(3)).splitlines()[0])
        @inproceedings{rattew2026,
        >>> [line for line in citation(OneSidedShift(3)).splitlines() if line.startswith("@")][1:]
        ['@inproceedings{berry2014,', '@inproceedings{gilyen2019,']
    """
    instance(bloq, "bloq", Bloq, "a qualtran.Bloq")
    graph, _ = bloq.call_graph()
    keys = list(dict.fromkeys(key for one in graph.nodes for key in _keys(one)))
    return "\n\n".join(BIBTEX[key] for key in sorted(keys, key=lambda k: k != "rattew2026"))
