from .app import Explorer as Explorer, explore as explore, explorer_app as explorer_app
from .figures import Figures as Figures, figures_of as figures_of
from .state import State as State
