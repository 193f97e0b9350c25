"""The cost explorer: a page on this machine whose controls change a network's cost at once."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
