"""What the paper states of a construction: its number, what it encodes, its cost, and what we do instead."""

from __future__ import annotations

import attrs

PAPER = "https://arxiv.org/abs/2510.07195"
"""Rattew, Huang, Guo, Pira and Rebentrost, the paper whose forms this room holds."""


@attrs.frozen(kw_only=True)
class Lemma:
    """A published form, as its authors state it. Constants that they leave in an O(...) are not made up.

    Parameters:
        label: the number of the lemma (L), theorem (T), corollary (C), definition (D) or appendix (B).
        title: what it is, in a few words.
        encodes: the stated `(alpha, ancillas, epsilon)` and of what.
        complexity: the stated cost.
        ours: dotted name of the construction that this library uses instead.
        references: BibTeX keys of what it rests on (`bloqs.published.citation`).

    Example:
        >>> from bloqs.published import OneSidedShift
        >>> OneSidedShift.lemma.label, OneSidedShift.lemma.encodes
        ('B15', '(1, 4, 0) of Q = P - |0><N-1|')
    """

    label: str
    title: str
    encodes: str
    complexity: str
    ours: str
    references: tuple[str, ...] = ("rattew2026",)
