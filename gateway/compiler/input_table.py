"""The inputs of a route while its templates are read, and what the places that name them demand of each."""

from __future__ import annotations

from gateway.edge.inputs import FinishedSegment, Input


class Slot:
    """One distinct input of a route while its templates are read. See ``Input`` for the flags."""

    __slots__ = (
        "header_safe",
        "index",
        "keys",
        "many",
        "most",
        "required",
        "root",
        "segment",
        "segments",
        "text",
        "type",
    )

    def __init__(self, index: int, root: str, keys: tuple[str | int, ...], *, many: bool) -> None:
        self.index = index
        self.root = root
        self.keys = keys
        self.many = many
        self.type: str | None = None
        self.required = root == "path"
        self.text = False
        self.segment = False
        self.segments = False
        self.header_safe = False
        self.most: int | None = None

    @property
    def final_type(self) -> str:
        """The type that was written somewhere, else the one of its root."""
        return self.type or ("json" if self.root == "body" else "str")

    def frozen(self) -> Input:
        """The input as the edge checks it."""
        return Input(
            self.root,
            self.keys,
            self.final_type,
            many=self.many,
            required=self.required,
            text=self.text,
            segment=self.segment,
            segments=self.segments,
            header_safe=self.header_safe,
            most=self.most,
        )


class InputTable:
    """The distinct inputs of a route, by slot, in the order in which templates name them."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, tuple[str | int, ...], bool], Slot] = {}
        self.finished: list[FinishedSegment] = []
        """Path segments made of inputs alone that may come out as dots."""

    def slot(self, root: str, keys: tuple[str | int, ...], *, many: bool) -> Slot:
        """The slot of an input, a new one for a new input."""
        key = (root, keys, many)
        if key not in self._slots:
            self._slots[key] = Slot(len(self._slots), root, keys, many=many)
        return self._slots[key]

    def inputs(self) -> tuple[Input, ...]:
        """All of them, for ``edge.reader.reading``; complete when all templates are resolved."""
        return tuple(slot.frozen() for slot in self._slots.values())

    @property
    def reads_body(self) -> bool:
        """Whether the route takes a body at all."""
        return any(slot.root == "body" for slot in self._slots.values())
