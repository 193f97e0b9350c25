"""Sweeps: many images, many seeds, many shapes, in parallel, resumable, as Parquet.

The names are resolved when they are first used: a table needs no cluster.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
