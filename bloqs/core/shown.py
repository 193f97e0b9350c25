"""What a notebook shows for every bloq of ours."""


class ShownBloq:
    """Base that shows a bloq in a notebook as a card: name, equation, alpha, epsilon, registers, cost.

    Example:
        >>> from bloqs.core.rotation import GenericRotation
        >>> "generic rotation" in GenericRotation("Ry")._repr_html_().lower()
        True
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        from bloqs.show.cards import bloq_card

        return bloq_card(self)
