"""From a value's path in the configuration to its place in a file."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.config.faults import Fault, Place
from gateway.config.nodes import Node, Path, Scalar, follow


class Places:
    """Where every value of a `Config` was written.

    Paths are tuples of keys as in the file or as in the specs: both ``("routes", "GET /x", "steps", "a",
    "get")`` and ``(…, "a", "path")`` lead somewhere. A path to something that was not written leads to the
    nearest thing around it that was.
    """

    def __init__(self, *roots: Node) -> None:
        self._roots = roots

    def place(self, path: Path, part: str = "") -> Place:
        """The place of the value at *path*, or of *part*, a text inside of it.

        Mappings are pointed at by their key: that is what people look for.
        """
        found = max((follow(root, path) for root in self._roots), key=lambda found: found[1])
        entry, depth = found
        is_value = isinstance(entry.value, Scalar) and depth == len(path)
        place = entry.value.place if is_value else entry.place
        return place.narrowed(part) if part else place

    def key(self, path: Path) -> Place:
        """The place of the key that *path* ends with."""
        return max((follow(root, path) for root in self._roots), key=lambda found: found[1])[0].place

    def source(self, path: Path) -> str:
        """The text at *path* as written, with ``${NAME}``; ``""`` for what is not one value."""
        entry, depth = max((follow(root, path) for root in self._roots), key=lambda found: found[1])
        return entry.value.source if isinstance(entry.value, Scalar) and depth == len(path) else ""

    def fault(
        self, path: Path, message: str, hint: str = "", *, part: str = "", also: Iterable[Path] = ()
    ) -> Fault:
        """A fault at *path* (or at the text *part* inside of it); *also* are paths to further places."""
        return Fault(self.place(path, part), message, hint, tuple(self.place(other) for other in also))
