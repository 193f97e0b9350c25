"""The engine of wide, shallow circuits: a bloq as a network of tensors, contracted along a searched path.

The maps of the gates, the checks of inputs and the errors are those of `bloqs.statevector`.
"""
