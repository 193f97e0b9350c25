from .build import Settings as Settings, network_report as network_report
from .decisions import ModelDecisions as ModelDecisions, model_decisions as model_decisions
from .frontier import (
    Frontier as Frontier,
    FrontierPoint as FrontierPoint,
)
from .inputs import Model as Model, NamedImage as NamedImage, load_model as load_model
from .placing import network_frontier as network_frontier, with_frontier as with_frontier
from .report import Report as Report
from .schema import report_schema as report_schema
from .variants import Variant as Variant
from .verification import (
    Sweep as Sweep,
    Verification as Verification,
    verify_image as verify_image,
    verify_images as verify_images,
)
