"""Reading the main file and the files it includes, and putting their upstreams and routes together.

An included file may hold ``upstreams``, ``routes``, ``include``, ``version`` and ``x-…`` keys; settings for
everything (``server``, ``defaults``) stand in the main file only. Patterns are relative to the file that
says so. A file that is reached twice is read once.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path

from gateway.config.document import parse
from gateway.config.environment import Environment, substituted
from gateway.config.faults import Fault, File, Place
from gateway.config.nodes import Entry, Mapping, Scalar, Sequence

MERGED_KEYS = ("upstreams", "routes")
_MAIN_ONLY = ("server", "defaults")
MAX_FILES = 1000


class Reader:
    """Reads a configuration's files; afterwards ``files`` are those that were read, in order."""

    def __init__(self, environ: Environment, faults: list[Fault]) -> None:
        self._environ = environ
        self._faults = faults
        self._seen: set[Path] = set()
        self.files: list[Path] = []

    def read(self, path: Path) -> Mapping | None:
        """The tree of the file at *path* with everything it includes; None if it holds nothing usable."""
        root = self._document(path, Place(File(str(path), order=len(self._seen))))
        return self._with_included(root, path) if root else None

    def parsed(self, text: str, path: Path) -> Mapping | None:
        """The same for a text that did not come from a file."""
        self._seen.add(_resolved(path))
        root = self._mapping(text, path)
        return self._with_included(root, path) if root else None

    def _document(self, path: Path, blame: Place) -> Mapping | None:
        self._seen.add(_resolved(path))
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            message = f"`{path}` is not UTF-8 text (byte {error.start})"
            self._faults.append(Fault(blame, message, "save it as UTF-8"))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            reason = getattr(error, "strerror", None) or str(error)
            self._faults.append(Fault(blame, f"cannot read `{path}`: {reason}"))
        else:
            self.files.append(path)
            return self._mapping(text, path)
        return None

    def _mapping(self, text: str, path: Path) -> Mapping | None:
        root = parse(text, str(path), self._faults, order=len(self._seen))
        if root is None or isinstance(root, Mapping):
            return root
        self._faults.append(Fault(root.place, "a configuration is a mapping with `upstreams:` and `routes:`"))
        return None

    def _with_included(self, root: Mapping, path: Path) -> Mapping:
        entry = root.entries.get("include")
        root = root.without(["include"])
        for pattern in self._patterns(entry) if entry else ():
            for found in self._found(pattern, path):
                part = self._document(found, pattern.place)
                if part is not None:
                    part = self._with_included(self._as_part(part), found)
                    root = self._joined(root, part)
        return root

    def _patterns(self, entry: Entry) -> list[Scalar]:
        node = substituted(entry.value, self._environ, self._faults)
        items = node.items if isinstance(node, Sequence) else (node,)
        patterns = [item for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
        if len(patterns) < len(items):
            self._faults.append(Fault(entry.place, "`include` is a list of files", "write [routes/*.yaml]"))
        return patterns

    def _found(self, pattern: Scalar, path: Path) -> list[Path]:
        """The files *pattern* stands for that were not read yet, in alphabetical order."""
        if glob.has_magic(pattern.value):
            # Not Path.glob: it refuses absolute patterns.
            names = sorted(glob.glob(pattern.value, root_dir=path.parent, recursive=True))  # noqa: PTH207
            found = [path.parent / name for name in names]
            found = [file for file in found if not file.is_dir()]
        else:
            found = [path.parent / pattern.value]
        if not found:
            self._faults.append(Fault(pattern.place, f"no file matches `{pattern.source}`"))
        if len(self._seen) + len(found) > MAX_FILES:
            self._faults.append(Fault(pattern.place, f"more than {MAX_FILES} files"))
            return []
        return [file for file in found if _resolved(file) not in self._seen]

    def _as_part(self, part: Mapping) -> Mapping:
        for key in _MAIN_ONLY:
            if key in part.entries:
                message = f"`{key}` holds for everything and belongs in the main file"
                self._faults.append(Fault(part.entries[key].place, message))
        return part.without(_MAIN_ONLY)

    def _joined(self, root: Mapping, part: Mapping) -> Mapping:
        """*root* and *part* as one; a name that both have is a fault with both places."""
        entries = dict(root.entries)
        for key, entry in part.entries.items():
            mine = entries.get(key)
            if mine is None:
                entries[key] = entry
            elif key in MERGED_KEYS and isinstance(mine.value, Mapping) and isinstance(entry.value, Mapping):
                names = dict(mine.value.entries)
                for name, own in entry.value.entries.items():
                    if name in names:
                        self._faults.append(
                            Fault(own.place, f"`{name}` is defined twice", "", (names[name].place,))
                        )
                    names.setdefault(name, own)
                entries[key] = Entry(mine.place, mine.value.replaced(names))
        return root.replaced(entries)


def _resolved(path: Path) -> Path:
    # realpath and not Path.resolve: a NUL in a name must reach the reader as a name that cannot be read.
    return Path(os.path.realpath(path)) if "\0" not in str(path) else path
