"""From a specification to a bloq: load the pieces, solve the degrees, assemble, state the facts."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran import Bloq, bloq_example

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.budget import CATALYST_SHARE
from bloqs.core.counts import t_estimate, t_of_rotation, t_total
from bloqs.core.encoding import VectorEncoding
from bloqs.layers import Layer, Stage
from bloqs.loading import LOADERS
from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS
from bloqs.networks.admission import check_contiguous, check_form, check_image_norms
from bloqs.networks.bounds import LayerBounds, layer_bounds
from bloqs.networks.budgeting import network_budget
from bloqs.networks.build import Build
from bloqs.networks.choice import CheapestChoice, Choice
from bloqs.networks.choosing import Chooser, WayFacts, Ways
from bloqs.networks.computer import check_computer
from bloqs.networks.facts import NetworkFacts
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.overhead import layer_facts
from bloqs.networks.paths import input_encoding
from bloqs.networks.precision import Bits, fewest_by_price
from bloqs.networks.regimes import DataAccess, data_access
from bloqs.networks.remarks import of_bits, of_build
from bloqs.networks.search import CheapestFirst
from bloqs.networks.solver import Degrees, Plan
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import add_bias

FloatArray = npt.NDArray[np.float64]

NOMINAL_BITS = 14
"""Bits of an angle for which pieces are weighed against each other, before the bits needed are known."""


def network_bloq(spec: NetworkSpec, image: npt.ArrayLike, build: Build) -> ResidualNetwork:
    """The coherent network on one image: what `NetworkSpec.to_bloq` does with the choices checked.

    Args:
        spec: the network, with weights.
        image: as in `NetworkSpec.check_image`.
        build: the choices.

    Returns:
        The network by data.

    Raises:
        NormBoundsError: a norm of this image lies outside the bounds.
        ValueError: the network has no weights, the image does not fit, a choice does not fit the network, or
            the network does not fit into the memory of this computer.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> network = network_bloq(example.spec, example.images[0], Build(epsilon=0.05))
        >>> network.epsilon <= 0.05
        True
    """
    check_form(spec, build.form, build.output)
    access = data_access(spec, build.regime, build.loading)
    if not spec.has_weights:
        raise ValueError("this network has shapes only; to_bloq needs weights, use cost_bloq")
    check_contiguous(spec)
    check_computer(spec, access.uses_tables)
    tensor = spec.check_image(image)
    bounds = layer_bounds(spec, build.norm_bounds, build.form)
    check_image_norms(spec, tensor, bounds)
    full = add_bias(tensor[None], spec.bias_scale)[0]
    return _Assembly(spec, build, access, bounds, full, *_chosen(spec, build)).network()


def network_cost_bloq(spec: NetworkSpec, build: Build) -> ResidualNetwork:
    """The same network by shape: what `NetworkSpec.cost_bloq` does with the choices checked.

    Args:
        spec: the network, with weights or by shape.
        build: the choices.

    Returns:
        The network by shape.

    Raises:
        ValueError: a choice does not fit the network.

    Example:
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_layer=False)
        >>> build = Build(norm_bounds=[(0.9, 1.3)], epsilon=0.05)
        >>> network_cost_bloq(spec, build).facts.activation_degrees
        [4]
    """
    check_form(spec, build.form, build.output)
    access = data_access(spec, build.regime, build.loading)
    bounds = layer_bounds(spec, build.norm_bounds, build.form)
    return _Assembly(spec, build, access, bounds, None, *_chosen(spec, build)).network()


@attrs.frozen
class _Assembly:
    """One network in the making.

    Parameters:
        spec: what to build.
        build: how.
        access: the loader of each piece.
        bounds: of its layers.
        tensor: the image with its constant channel, float64 `(C, M, M)` of unit norm; None by shape.
        ways: by which each layer's convolution is encoded.
        reasons: why, for the report.
    """

    spec: NetworkSpec
    build: Build
    access: DataAccess
    bounds: LayerBounds
    tensor: FloatArray | None
    ways: Ways
    reasons: Mapping[str, str] = attrs.field(factory=dict)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Those of the form."""
        form, origin = self.build.form, self.bounds.origin
        return tuple(form.layer(layer, origin) for layer in self.spec.all_layers)

    def network(self) -> ResidualNetwork:
        """Degrees and bits by shape, so that they never depend on the image; then the network itself."""
        spec, shapes = self.spec, self._shapes()
        exact = self._exact_plan(shapes)
        choice = CheapestChoice(
            exact=exact,
            plan=self._plan_by_shape if self.access.uses_tables else None,
            pieces=1 + len(shapes),
            polynomial=self._polynomials,
            allowed=self._allowed,
            charges=self.build.charges,
            has_common_bits=self.build.has_common_bits,
        ).best()
        degrees, bits = choice.degrees, choice.bits
        if self.tensor is not None and bits is not None:
            bits = _bits_by_data(spec, self.build, choice, self._has_one_channel, self.ways)
        layers = shapes if self.tensor is None else self.layers
        plan = self._plan(layers, self.access, bits, self.tensor)
        encoding = plan.assemble(degrees)
        facts = self._facts(plan, degrees, encoding, bits, exact.stated_epsilon(degrees))
        return ResidualNetwork.of(encoding, facts)

    def _shapes(self) -> list[Layer]:
        """The layers by shape."""
        return [
            layer.by_shape(self.spec.geometries[i], i + 1, self.ways[i])
            for i, layer in enumerate(self.layers)
        ]

    def _exact_plan(self, shapes: Sequence[Layer]) -> Plan:
        """By which degrees are chosen: data exact, what is loaded weighed at `NOMINAL_BITS`."""
        nominal = self._alike(NOMINAL_BITS if self.access.uses_tables else None)
        weights = self._plan(shapes, self.access, nominal).piece_costs(self.build.charges)
        return attrs.evolve(self._plan(shapes, self.access.exact, None), weights=weights)

    @property
    def _polynomials(self) -> float:
        """What the polynomials may add up to."""
        return self.build.split.polynomial * self.build.epsilon

    def lower_bound(self) -> float:
        """T per sample that no degrees, and no bits, fall below; infinite where a kernel is refused.

        Calls are those of `CheapestFirst.lower_bound`; pieces have the fewest bits there are, and rotations
        the error that they have where those of one call of each piece are all, and alpha is 1.
        """
        try:
            shapes = self._shapes()
            pieces = self._plan(shapes, self.access, self._fewest_bits(shapes))
            charges = self.build.charges
            known: dict[Bloq, Any] = {}
            free, one = (sum(pieces.piece_costs(charges, known, t)) for t in (0.0, 1.0))
            split = self.build.split
            each = t_of_rotation(one - free, split.synthesis * self.build.epsilon)
            weights = pieces.piece_costs(charges, known, each)
            plan = attrs.evolve(self._plan(shapes, self.access.exact, None), weights=weights)
            return CheapestFirst(plan, self._polynomials).lower_bound
        except ValueError:
            return math.inf

    def _fewest_bits(self, shapes: Sequence[Layer]) -> Bits | None:
        """Of each piece the fewest that it can have; some encodings need more than `MIN_ANGLE_BITS`."""
        if not self.access.uses_tables:
            return None
        found = [MIN_ANGLE_BITS]
        for i, layer in enumerate(shapes):
            for bits in range(MIN_ANGLE_BITS, MAX_ANGLE_BITS):
                try:
                    self._stage(i, layer, self.access, bits).loaded()
                except ValueError:
                    continue
                break
            found.append(bits)
        return tuple(found)

    def _alike(self, bits: int | None) -> Bits | None:
        """The same bits for every piece."""
        return None if bits is None else (bits,) * (1 + len(self.spec.all_layers))

    @property
    def _allowed(self) -> float:
        """What polynomials and data may add up to."""
        return self.build.split.vector * self.build.epsilon

    def _plan_by_shape(self, bits: Bits) -> Plan:
        """With tables, whose bits cost something, where rotations stand for them."""
        return self._plan(self._shapes(), self.access.priced, bits)

    def way_facts(self, place: int) -> WayFacts | None:
        """What the strategy of a layer makes of its convolution; None where it refuses it.

        Args:
            place: of the layer, from 0.

        Returns:
            Alpha and T of a call, by shape at `NOMINAL_BITS`.
        """
        layer = self.spec.all_layers[place]
        bits = NOMINAL_BITS if self.access.uses_tables else None
        try:
            shape = layer.by_shape(self.spec.geometries[place], place + 1, self.ways[place])
            piece = self._stage(place, shape, self.access, bits).loaded().piece
        except ValueError:
            return None
        charged = self.build.charges
        controlled = t_estimate(piece.controlled(), charged)
        return WayFacts(float(piece.alpha), t_estimate(piece, charged), controlled)

    def bits_by_data(self, choice: Choice, has_one_channel: bool) -> Bits:
        """Bits with the rounded weights themselves, each piece by itself; the input is any image.

        Args:
            choice: by shape.
            has_one_channel: whether the image fills its first channel alone.

        Returns:
            Bits of the input and of each layer's piece.
        """
        common, bits, prices = choice.common, choice.bits, choice.prices
        assert common is not None
        assert bits is not None
        assert prices is not None
        loaded: dict[tuple[int, int], Stage] = {}

        def plan(bits: Bits) -> Plan:
            stages = self._plan(self.layers, self.access, bits, loaded=loaded).stages
            return Plan(self._input(self.access, bits[0], None, has_one_channel), stages)

        alike = (common,) * (1 + len(self.layers))
        pieces = [self.access.input]
        for stage in plan(alike).stages[::2]:
            piece = stage.piece
            given = getattr(piece, "loading", stage.kernel_loading)
            pieces.append("rotations" if piece is None else given)
        return fewest_by_price(
            (alike, bits),
            lambda bits: plan(bits).stated_epsilon(choice.degrees) <= self._allowed,
            [i for i, name in enumerate(pieces) if not LOADERS.find(name).is_exact],
            prices,
        )

    @property
    def convolution_name(self) -> str:
        """Of the strategy that was chosen; of the form's where it chooses itself."""
        build = self.build
        found = build.form.ways(self.layers, self.bounds.origin, build.epsilon)
        return build.convolution.name if found is None else found[0].name

    def _stage(self, i: int, layer: Layer, access: DataAccess, bits: int | None) -> Stage:
        """A layer at its place, nothing loaded yet."""
        name = self.spec.layer_names[i]
        return Stage(
            layer=layer,
            number=i + 1,
            name=name,
            label=name if layer.is_numbered else f"the {name}",
            geometry=self.spec.geometries[i],
            activation=self.spec.activation,
            norms=self.bounds.norms[i],
            amplitude=self.bounds.amplitudes[i],
            argument=self.bounds.argument(i),
            peak=self.bounds.peak,
            convolution=self.ways[i],
            kernel_loading=access.kernels,
            column_loading=access.columns,
            angle_bits=bits,
            min_degree=self.build.min_degree,
        )

    def _plan(
        self,
        layers: Sequence[Layer],
        access: DataAccess,
        bits: Bits | None,
        tensor: FloatArray | None = None,
        loaded: dict[tuple[int, int], Stage] | None = None,
    ) -> Plan:
        """Every piece loaded, by data with an image, else by shape; after each layer its amplification."""
        stages: list[Stage] = []
        for i, layer in enumerate(layers):
            stage = self._stage(i, layer, access, None if bits is None else bits[i + 1])
            is_last = i == len(layers) - 1
            after = self.build.form.normalisation(layer, self.build.output, is_last=is_last)
            if loaded is None or bits is None:
                stages.append(stage.loaded())
            else:
                key = (i, bits[i + 1])
                if key not in loaded:
                    loaded[key] = stage.loaded()
                stages.append(loaded[key])
            stages.append(attrs.evolve(stage, layer=after, min_degree=0))
        vector = self._input(
            access, None if bits is None else bits[0], tensor, self._has_one_channel
        )
        return Plan(vector, tuple(stages))

    def _input(
        self, access: DataAccess, bits: int | None, tensor: FloatArray | None, one_channel: bool
    ) -> VectorEncoding:
        return input_encoding(
            self.spec.geometry, access.input, bits, tensor, one_channel=one_channel
        )

    @property
    def _has_one_channel(self) -> bool:
        """Whether all channels of the image but the first are zero; of a network by shape it is not known."""
        return self.tensor is not None and len(self.tensor) > 1 and not np.any(self.tensor[1:])

    def _facts(
        self,
        plan: Plan,
        degrees: Degrees,
        encoding: VectorEncoding,
        bits: Bits | None,
        exact_epsilon: float,
    ) -> NetworkFacts:
        spec, build, alpha = self.spec, self.build, float(encoding.alpha)
        split, epsilon = build.split, build.epsilon
        layers = layer_facts(plan, degrees)
        return NetworkFacts(
            regime=self.access.regime.summary,
            loading=self.access.loading,
            loaders=self.access.loaders,
            convolution=self.convolution_name,
            paths=spec.paths,
            angle_bits=None if bits is None else max(bits),
            has_data=plan.input.has_data,
            epsilon=epsilon,
            stated_epsilon=float(encoding.epsilon),
            output=build.form.normalisation(self.layers[-1], build.output, is_last=True).summary(
                encoding
            ),
            bounds_origin=self.bounds.origin,
            activation=spec.activation.name,
            gain=spec.activation.gain,
            layers=layers,
            budget=network_budget(plan, degrees, build, exact_epsilon),
            synthesis_epsilon=(1 - CATALYST_SHARE) * split.synthesis * epsilon / alpha,
            failure_probability=split.failure * epsilon / alpha**2,
            remarks={
                **of_build(spec, build),
                **build.form.remarks(self.layers, self.bounds.origin),
                **self.reasons,
                **of_bits(spec, bits),
            },
            is_default_loading=build.loading is None,
        )


@lru_cache(maxsize=64)
def _bits_by_data(
    spec: NetworkSpec, build: Build, choice: Choice, has_one_channel: bool, ways: Ways
) -> Bits:
    """`_Assembly.bits_by_data`, once for all images of a network."""
    check_form(spec, build.form, build.output)
    access = data_access(spec, build.regime, build.loading)
    bounds = layer_bounds(spec, build.norm_bounds, build.form)
    return _Assembly(spec, build, access, bounds, None, ways).bits_by_data(choice, has_one_channel)


@lru_cache(maxsize=64)
def _chosen(spec: NetworkSpec, build: Build) -> tuple[Ways, Mapping[str, str]]:
    """By which each convolution is encoded, by shape and hence for all images, and why."""
    alternatives, layers = build.convolution.alternatives(), spec.all_layers
    origin = layer_bounds(spec, build.norm_bounds, build.form).origin
    found = build.form.ways(layers, origin, build.epsilon)
    if found is not None:
        return found, {}
    first = (alternatives[0],) * len(layers)
    places = tuple(i for i, layer in enumerate(layers) if layer.kernel is not None)
    if len(alternatives) == 1 or not places:
        return first, {}
    access = data_access(spec, build.regime, build.loading)
    bounds = layer_bounds(spec, build.norm_bounds, build.form)
    assembly = _Assembly(spec, build, access, bounds, None, first)

    def cost(ways: Ways) -> float:
        try:
            found = attrs.evolve(assembly, ways=ways).network()
        except ValueError:
            return math.inf
        # What alpha says below a ten-thousandth are error bounds of the last polynomial.
        runs = round(float(found.alpha), 4) ** 2
        return t_total(found, found.synthesis_epsilon or 1.0, build.charges) * runs

    def bound(ways: Ways) -> float:
        return attrs.evolve(assembly, ways=ways).lower_bound()

    # Of a kernel by shape with a number for its alpha no other alpha is known.
    given = tuple(i for i in places if not (layers[i].has_weights or layers[i].kernel.is_bound))
    options = {
        place: {
            way.name: facts
            for way in (alternatives[:1] if place in given else alternatives)
            if (facts := attrs.evolve(assembly, ways=(way,) * len(layers)).way_facts(place))
        }
        for place in places
    }
    names = tuple(spec.layer_names)
    chooser = Chooser(names, places, options, alternatives, cost, bound, given)
    ways = chooser.best()
    return ways, chooser.reasons(ways)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _network_small() -> ResidualNetwork:
    kernel = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
    spec = NetworkSpec(input_shape=(2, 1, 1), kernels=(kernel,), num_groups=2)
    image, bounds = [[[0.6]], [[-0.8]]], [(0.8, 1.5)]
    network_small = spec.to_bloq(image, norm_bounds=bounds, loading="rotations")
    return network_small
