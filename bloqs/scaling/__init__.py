"""Scaling study: measured costs against N, the number of blocks and epsilon, fitted and compared.

Every row is the cost of a network bloq built by shape; no formula stands in for one. The names are resolved
when they are first used: a table needs no plots.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
