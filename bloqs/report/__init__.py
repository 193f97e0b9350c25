"""The main job as an object: one image through a network, verified, costed and put on hardware.

The names are resolved when they are first used, so that a table needs no charts and no simulation.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
