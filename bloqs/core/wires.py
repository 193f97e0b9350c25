"""Wires: the qubits of a decomposition by name, and calls by lists of them."""

from __future__ import annotations

import numpy as np
from qualtran import Bloq, BloqBuilder, QDType, Signature, Soquet
from qualtran.bloqs.mcmt import And

Key = tuple[str, int]
"""A qubit: the name of its register and its place there, 0 the most significant."""


class Wires:
    """Named single-qubit wires inside a `build_composite_bloq`, with calls by slices of them.

    Every register is split into qubits once; a child bloq takes the qubits it needs in big-endian order and
    gives them back. It keeps the decompositions free of split-and-join book-keeping.

    Parameters:
        bb: the builder of the decomposition.
        soqs: soquets of the registers by name; they are split into qubits.

    Example:
        >>> from qualtran import BloqBuilder, QAny
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {"system": bb.add_register("system", 2)})
        >>> wires.call(CNOT(), ctrl=[("system", 0)], target=[("system", 1)])
        >>> bb.finalize(**wires.join({"system": QAny(2)})).signature.n_qubits()
        2
    """

    def __init__(self, bb: BloqBuilder, soqs: dict[str, Soquet]):
        self.bb = bb
        self._qubits: dict[Key, Soquet] = {}
        for name, soq in soqs.items():
            size = soq.reg.bitsize
            qubits = [soq] if size == 1 else bb.split(soq)
            for j, qubit in enumerate(qubits):
                self._qubits[name, j] = qubit

    def reg(self, name: str) -> list[Key]:
        """The keys of a register's qubits, most significant first; empty when it is absent."""
        return sorted(key for key in self._qubits if key[0] == name)

    def allocate(self, name: str, size: int = 1) -> list[Key]:
        """Allocate clean qubits under a new name.

        Args:
            name: of the new qubits, in use nowhere else.
            size: number of qubits, at least 1.

        Returns:
            Their keys, most significant first.

        Raises:
            ValueError: the name is in use.
        """
        if self.reg(name):
            raise ValueError(f"wires named {name!r} are in use already")
        for j in range(size):
            self._qubits[name, j] = self.bb.allocate(1)
        return self.reg(name)

    def free(self, name: str) -> None:
        """Free clean qubits."""
        for key in self.reg(name):
            self.bb.free(self._qubits.pop(key))

    def put(self, name: str, soq: Soquet) -> Key:
        """Take over a qubit that a bloq has made (an And's target).

        Args:
            name: of the new qubit, in use nowhere else.
            soq: the qubit.

        Returns:
            Its key.

        Raises:
            ValueError: the name is in use.
        """
        if (name, 0) in self._qubits:
            raise ValueError(f"wires named {name!r} are in use already")
        self._qubits[name, 0] = soq
        return (name, 0)

    def pop(self, key: Key) -> Soquet:
        """Give up a qubit, to a bloq that consumes it (And's adjoint)."""
        return self._qubits.pop(key)

    def get(self, key: Key) -> Soquet:
        """The current soquet of a qubit."""
        return self._qubits[key]

    def set(self, key: Key, soq: Soquet) -> None:
        """Put a qubit back after a hand-written `bb.add`.

        Args:
            key: of the qubit.
            soq: what the bloq returned for it.
        """
        self._qubits[key] = soq

    def call(self, bloq: Bloq, **registers: list[Key]) -> None:
        """Apply a bloq whose registers all go in and come out.

        Args:
            bloq: what is applied.
            registers: for each of its registers the qubits it acts on, most significant first.

        Raises:
            ValueError: a register with another number of qubits than are given, or one that the bloq lacks.
        """
        signature = bloq.signature
        given = {name: keys for name, keys in registers.items() if keys}
        soqs: dict[str, Soquet] = {}
        for reg in signature:
            keys = given.get(reg.name, [])
            if len(keys) != reg.total_bits():
                raise ValueError(
                    f"{bloq}: register {reg.name} has {reg.total_bits()} qubits, {len(keys)} given"
                )
            qubits = [self._qubits[key] for key in keys]
            if reg.shape:
                soqs[reg.name] = np.array(qubits).reshape(reg.shape)  # type: ignore[assignment]
            elif reg.dtype.num_qubits == 1:
                soqs[reg.name] = qubits[0]
            else:
                soqs[reg.name] = self.bb.join(np.array(qubits), reg.dtype)
        if set(given) - set(soqs):
            raise ValueError(f"{bloq} has no registers {sorted(set(given) - set(soqs))}")
        out = self.bb.add_d(bloq, **soqs)  # type: ignore[arg-type]
        for reg in signature:
            keys = given[reg.name]
            soq = out[reg.name]
            if reg.shape:
                parts = list(np.asarray(soq).flat)
            elif reg.dtype.num_qubits == 1:
                parts = [soq]
            else:
                parts = list(self.bb.split(soq))  # type: ignore[arg-type]
            self._qubits.update(zip(keys, parts, strict=True))

    def both(self, a: Key, b: Key, name: str) -> Key:
        """A clean qubit that holds the AND of two others, by one And gate; `undo_both` undoes it.

        Args:
            a: one qubit.
            b: the other.
            name: of the new qubit, in use nowhere else.

        Returns:
            The key of the new qubit.
        """
        (qubit_a, qubit_b), target = self.bb.add(And(), ctrl=[self.get(a), self.get(b)])
        self.set(a, qubit_a)
        self.set(b, qubit_b)
        return self.put(name, target)

    def undo_both(self, a: Key, b: Key, name: str) -> None:
        """Undo `both`, by And's adjoint, which takes no T gates.

        Args:
            a: as given to `both`.
            b: as given to `both`.
            name: as given to `both`.
        """
        target = self.pop((name, 0))
        controls = [self.get(a), self.get(b)]
        qubit_a, qubit_b = self.bb.add(And().adjoint(), ctrl=controls, target=target)
        self.set(a, qubit_a)
        self.set(b, qubit_b)

    def join(self, dtypes: dict[str, QDType]) -> dict[str, Soquet]:
        """Join the named registers back, for the return value of `build_composite_bloq`.

        Args:
            dtypes: the type of every register that is left.

        Returns:
            The soquets by name.

        Raises:
            ValueError: qubits are left over.
        """
        joined = {}
        for name, dtype in dtypes.items():
            qubits = [self._qubits.pop(key) for key in self.reg(name)]
            single = dtype.num_qubits == 1
            joined[name] = qubits[0] if single else self.bb.join(np.array(qubits), dtype)  # type: ignore[arg-type]
        if self._qubits:
            raise ValueError(f"wires left over: {sorted(self._qubits)}")
        return joined

    def join_signature(self, signature: Signature) -> dict[str, Soquet]:
        """Join back every register of a signature."""
        return self.join({reg.name: reg.dtype for reg in signature})
