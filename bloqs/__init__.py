"""Coherent inference of residual networks as Qualtran bloqs, verified and costed.

The public names stand in `__init__.pyi`, where type checkers read them, and are imported when they are first
used (PEP 562), so that `import bloqs` and `import bloqs.reference` need neither Qualtran nor cirq.

>>> import bloqs
>>> "NetworkSpec" in dir(bloqs)
True
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
