"""Pictures of networks, bloqs and costs: SVG and HTML of kilobytes, without scripts, widgets or Graphviz."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
