"""The main job as an object: one image through a network, verified, costed and put on hardware.

The names are resolved when they are first used, so that a table needs no charts and no simulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bloqs.lazy import lazy_names

if TYPE_CHECKING:
    from bloqs.report.build import Settings, network_report
    from bloqs.report.inputs import Model, NamedImage, load_model
    from bloqs.report.report import Report
    from bloqs.report.variants import Variant
    from bloqs.report.verification import Sweep, Verification, verify_image, verify_images

_PUBLIC = {
    "Model": "inputs",
    "NamedImage": "inputs",
    "Report": "report",
    "Settings": "build",
    "Sweep": "verification",
    "Variant": "variants",
    "Verification": "verification",
    "load_model": "inputs",
    "network_report": "build",
    "verify_image": "verification",
    "verify_images": "verification",
}
"""Public name -> the module that defines it."""

__all__ = [
    "Model",
    "NamedImage",
    "Report",
    "Settings",
    "Sweep",
    "Variant",
    "Verification",
    "load_model",
    "network_report",
    "verify_image",
    "verify_images",
]

__getattr__, __dir__ = lazy_names(__name__, _PUBLIC, globals())
