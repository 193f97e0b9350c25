"""What is charged in place of a bloq, under the name by which costs have always known it."""

from bloqs.loading.charges import Charges, Uncompute

__all__ = ["Charges", "Uncompute"]
