"""The compiled gate-level engine: the tensor of every gate, applied to a state vector of the live qubits.

A bloq is taken apart one level at a time (`bloqs.wiring`), sub-bloqs and runs of gates are merged into one
map where that is faster (`compile`, `merge`), and the maps are applied in turn (`run`, `apply`, `loops`).
"""
