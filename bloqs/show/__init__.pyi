from .cards import bloq_card as bloq_card, example_card as example_card, spec_card as spec_card
from .charts import call_graph as call_graph, flame_graph as flame_graph, treemap as treemap
from .network import show_network as show_network
from .picture import Picture as Picture
from .tree import CostNode as CostNode, cost_tree as cost_tree
