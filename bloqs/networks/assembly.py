"""From a specification to a bloq: load the pieces, solve the degrees, assemble, state the facts."""

from collections.abc import Sequence
from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt
from qualtran import bloq_example

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.budget import CATALYST_SHARE
from bloqs.core.encoding import VectorEncoding
from bloqs.layers import Layer, Stage
from bloqs.layers.amplification import Amplification
from bloqs.loading import LOADERS, LoadedVector
from bloqs.loading.angles import MAX_ANGLE_BITS
from bloqs.networks.bounds import LayerBounds, layer_bounds
from bloqs.networks.budgeting import network_budget
from bloqs.networks.build import Build
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.facts import GATE_LEVEL_REMARK, NetworkFacts
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.overhead import layer_facts
from bloqs.networks.paths import InputPaths
from bloqs.networks.precision import Bits, fewer_bits, fewest_common_bits
from bloqs.networks.regimes import DataAccess, data_access
from bloqs.networks.solver import Degrees, Plan, solve_degrees
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import add_bias, forward_vectors
from bloqs.reference.network import last_peak

FloatArray = npt.NDArray[np.float64]

NOMINAL_BITS = 14
"""Bits of an angle for which pieces are weighed against each other, before the bits needed are known."""

NORM_SLACK = 1e-9
"""A norm may lie this far outside its bounds, relatively: it is computed in floating point, in an order of
summation that differs with the memory layout of an image. An amplification allows for as much."""


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
        ValueError: the network has no weights, the image does not fit, or a choice does not fit the network.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> network = network_bloq(example.spec, example.images[0], Build(epsilon=0.05))
        >>> network.epsilon <= 0.05
        True
    """
    access = data_access(spec, build.regime, build.loading)
    if not spec.has_weights:
        raise ValueError("this network has shapes only; to_bloq needs weights, use cost_bloq")
    _check_contiguous(spec)
    tensor = spec.check_image(image)
    bounds = layer_bounds(spec, build.norm_bounds)
    _check_norms(spec, tensor, bounds)
    full = add_bias(tensor[None], spec.bias_scale)[0]
    return _Assembly(spec, build, access, bounds, full).network()


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
    access = data_access(spec, build.regime, build.loading)
    bounds = layer_bounds(spec, build.norm_bounds)
    return _Assembly(spec, build, access, bounds, None).network()


def _check_contiguous(spec: NetworkSpec) -> None:
    """Refuse several paths of an M that is no power of two.

    The rows of the combined image are then not consecutive numbers of its row register, so that no addition
    on that register shifts the image by a row.
    """
    if spec.geometry.is_contiguous:
        return
    m, padded = spec.input_shape[1], 1 << spec.geometry.path_axis_bits
    raise ValueError(
        f"with {spec.paths} paths the image size M must be a power of two, found {m}: the rows of the "
        f"combined image would not be contiguous in the padded registers; pad the images with zeros to "
        f"{padded}x{padded} and make the network for input_shape "
        f"({spec.input_shape[0]}, {padded}, {padded})"
    )


def _check_norms(spec: NetworkSpec, tensor: FloatArray, bounds: LayerBounds) -> None:
    """Refuse an image with a norm or an amplitude outside the bounds that the network is built for."""
    vectors = forward_vectors(spec, tensor)
    norms = [float(norm) for norm in np.ravel(vectors.block_norms)]
    if spec.has_output_layer:
        norms.append(float(vectors.output_norm))
    for name, norm, (lo, hi) in zip(spec.layer_names, norms, bounds.norms, strict=True):
        if not lo * (1 - NORM_SLACK) <= norm <= hi * (1 + NORM_SLACK):
            raise NormBoundsError(name, float(norm), (lo, hi))
    # The output layer has no amplitude.
    for name, amplitude, bound in zip(
        spec.layer_names, np.ravel(vectors.amplitudes), bounds.amplitudes, strict=False
    ):
        if bound is not None and amplitude > bound * (1 + NORM_SLACK):
            raise NormBoundsError(f"the amplitudes of {name}", float(amplitude), (0.0, bound))
    for place, (name, argument) in enumerate(
        zip(spec.layer_names, np.ravel(vectors.argument_norms), strict=False)
    ):
        bound = bounds.argument(place)
        if bound is not None and argument > bound * (1 + NORM_SLACK):
            raise NormBoundsError(f"the arguments of {name}", float(argument), (0.0, bound))
    if bounds.peak is not None and spec.has_output_layer:
        peak = float(last_peak(vectors))
        if peak > bounds.peak * (1 + NORM_SLACK):
            raise NormBoundsError("the peak before the output", peak, (0.0, bounds.peak))
    gap = spec.activation.gap
    for name, argument in zip(spec.layer_names, np.ravel(vectors.least_arguments), strict=False):
        if gap is not None and argument < gap:
            raise ValueError(
                f"an argument of {spec.activation.name} in {name} is {argument:.3g} for this image, inside "
                f"the gap {gap:g}, where nothing is certified; take a smaller gap, or gelu, which is smooth"
            )


@attrs.frozen
class _Assembly:
    """One network in the making.

    Parameters:
        spec: what to build.
        build: how.
        access: the loader of each piece.
        bounds: of its layers.
        tensor: the image with its constant channel, float64 `(C, M, M)` of unit norm; None by shape.
    """

    spec: NetworkSpec
    build: Build
    access: DataAccess
    bounds: LayerBounds
    tensor: FloatArray | None

    def network(self) -> ResidualNetwork:
        """Degrees and bits by shape, so that they never depend on the image; then the network itself."""
        spec = self.spec
        shapes = [
            layer.by_shape(spec.geometries[i], i + 1, self.build.convolution)
            for i, layer in enumerate(spec.all_layers)
        ]
        nominal = self._alike(NOMINAL_BITS if self.access.uses_tables else None)
        weights = self._plan(shapes, self.access, nominal).piece_costs(self.build.qram)
        exact = attrs.evolve(self._plan(shapes, self.access.exact, None), weights=weights)
        degrees = solve_degrees(exact, self.build.split.polynomial * self.build.epsilon)
        common = self._common_bits(shapes, degrees)
        if self.tensor is None or common is None:
            bits = self._alike(common)
        else:
            bits = _bits_by_data(spec, self.build, degrees, common, self._has_one_channel)
        layers = shapes if self.tensor is None else spec.all_layers
        plan = self._plan(layers, self.access, bits, self.tensor)
        encoding = plan.assemble(degrees)
        facts = self._facts(plan, degrees, encoding, bits, exact.stated_epsilon(degrees))
        return ResidualNetwork.of(encoding, facts)

    def _alike(self, bits: int | None) -> Bits | None:
        """The same bits for every piece."""
        return None if bits is None else (bits,) * (1 + len(self.spec.all_layers))

    @property
    def _allowed(self) -> float:
        """What polynomials and data may add up to."""
        return self.build.split.vector * self.build.epsilon

    def _common_bits(self, shapes: Sequence[Layer], degrees: Degrees) -> int | None:
        """The fewest bits with which the stated epsilon is polynomials' and data's share together, by shape.

        Degrees are those for exact data, so that they depend neither on the loader nor on the size of the
        image.
        """
        if not self.access.uses_tables:
            return None

        def is_enough(bits: int) -> bool:
            plan = self._plan(shapes, self.access, self._alike(bits))
            return plan.stated_epsilon(degrees) <= self._allowed

        found = fewest_common_bits(is_enough)
        if found is None:
            raise ValueError(
                f"epsilon = {self.build.epsilon:g} needs more than {MAX_ANGLE_BITS} bits an angle"
            )
        return found

    def bits_by_data(self, degrees: Degrees, common: int, has_one_channel: bool) -> Bits:
        """The same with the rounded weights themselves, each piece by itself; the input is any image.

        Args:
            degrees: the choices.
            common: bits that are enough by shape.
            has_one_channel: whether the image fills its first channel alone.

        Returns:
            Bits of the input and of each layer's piece.
        """
        loaded: dict[tuple[int, int], Stage] = {}

        def plan(bits: Bits) -> Plan:
            stages = self._plan(self.spec.all_layers, self.access, bits, loaded=loaded).stages
            return Plan(self._input(self.access, bits[0], None, has_one_channel), stages)

        bits = self._alike(common)
        assert bits is not None
        pieces = [self.access.input]
        for stage in plan(bits).stages[::2]:
            piece = stage.piece
            given = getattr(piece, "loading", stage.kernel_loading)
            pieces.append("rotations" if piece is None else given)
        return fewer_bits(
            bits,
            lambda bits: plan(bits).stated_epsilon(degrees) <= self._allowed,
            [i for i, name in enumerate(pieces) if not LOADERS.find(name).is_exact],
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
        for i, (layer, name) in enumerate(zip(layers, self.spec.layer_names, strict=True)):
            stage = Stage(
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
                convolution=self.build.convolution,
                kernel_loading=access.kernels,
                column_loading=access.columns,
                angle_bits=None if bits is None else bits[i + 1],
            )
            is_last = i == len(layers) - 1
            after = self.build.output if is_last else Amplification(is_last=False)
            if loaded is None or bits is None:
                stages.append(stage.loaded())
            else:
                key = (i, bits[i + 1])
                if key not in loaded:
                    loaded[key] = stage.loaded()
                stages.append(loaded[key])
            stages.append(attrs.evolve(stage, layer=after))
        vector = self._input(
            access, None if bits is None else bits[0], tensor, self._has_one_channel
        )
        return Plan(vector, tuple(stages))

    def _input(
        self,
        access: DataAccess,
        bits: int | None,
        tensor: FloatArray | None,
        one_channel: bool,
    ) -> VectorEncoding:
        """The input of all paths, from the encoding of one; an image in channel 0 leaves the others out."""
        geometry = self.spec.geometry
        image, channels = 2 * geometry.path_axis_bits, geometry.path_channel_bits
        padded = None if tensor is None else geometry.pad_image(tensor)
        size = image if one_channel else image + channels
        vector = LoadedVector(
            padded[0] if one_channel and padded is not None else padded,
            access.input,
            bits,
            bitsize=size if tensor is None else None,
            padding_bitsize=channels if one_channel else 0,
            is_network_input=True,
        )
        if geometry.paths == 1:
            return vector
        return InputPaths(vector, num_paths=geometry.paths, axis_bitsize=geometry.path_axis_bits)

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
            convolution=build.convolution.name,
            paths=spec.paths,
            angle_bits=None if bits is None else max(bits),
            has_data=plan.input.has_data,
            epsilon=epsilon,
            stated_epsilon=float(encoding.epsilon),
            output=build.output.summary(encoding),
            bounds_origin=self.bounds.origin,
            activation=spec.activation.name,
            gain=spec.activation.gain,
            layers=layers,
            budget=network_budget(plan, degrees, build, exact_epsilon),
            synthesis_epsilon=(1 - CATALYST_SHARE) * split.synthesis * epsilon / alpha,
            failure_probability=split.failure * epsilon / alpha**2,
            remarks={**self._remarks(), **self._bits_remark(bits)},
            is_default_loading=build.loading is None,
        )

    def _bits_remark(self, bits: Bits | None) -> dict[str, str]:
        if bits is None or len(set(bits)) == 1:
            return {}
        names = ("input", *self.spec.layer_names)
        words = (f"{name} {b}" for name, b in zip(names, bits, strict=True))
        return {"angle bits of each piece": ", ".join(words)}

    def _remarks(self) -> dict[str, str]:
        spec, remarks = self.spec, {}
        if self.build.loading is None:
            remarks[GATE_LEVEL_REMARK] = (
                "contracted with the same angles, rounded to the same bits, loaded by rotations; name a "
                "loader to have it contracted itself"
            )
        if not spec.geometry.is_contiguous:
            size = 1 << spec.geometry.path_axis_bits
            remarks["image size"] = (
                f"cost of images padded with zeros from {spec.input_shape[1]} to {size} pixels a side, which "
                f"is another network: with {spec.paths} paths the combined image must fill its registers"
            )
        return remarks


@lru_cache(maxsize=64)
def _bits_by_data(
    spec: NetworkSpec, build: Build, degrees: Degrees, common: int, has_one_channel: bool
) -> Bits:
    """`_Assembly.bits_by_data`, once for all images of a network."""
    access = data_access(spec, build.regime, build.loading)
    bounds = layer_bounds(spec, build.norm_bounds)
    return _Assembly(spec, build, access, bounds, None).bits_by_data(
        degrees, common, has_one_channel
    )


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _network_small() -> ResidualNetwork:
    kernel = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
    spec = NetworkSpec(input_shape=(2, 1, 1), kernels=(kernel,), num_groups=2)
    image, bounds = [[[0.6]], [[-0.8]]], [(0.8, 1.5)]
    network_small = spec.to_bloq(image, norm_bounds=bounds, loading="rotations")
    return network_small
