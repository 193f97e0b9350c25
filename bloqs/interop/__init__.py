"""Bloqs and their costs for other tools: circuits for Cirq and OpenQASM, costs for QREF and the QDK.

The names are resolved when they are first used, so that a dictionary of counts needs neither Cirq nor QREF.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
