"""The T-depth of a bloq with the qubits that go with it, from a schedule of the decomposed circuit."""

from bloqs.costs.schedule.gate_nodes import NoScheduleError
from bloqs.costs.schedule.schedules import Schedule, schedule, schedule_seconds

__all__ = ["NoScheduleError", "Schedule", "schedule", "schedule_seconds"]
