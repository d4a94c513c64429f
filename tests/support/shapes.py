"""Shapes for tests: made as configurations write them, and a model of them on decoded data.

The model knows nothing of bytes and laziness: it decodes a document, does what docs/contract.md section 5
says of each key, and encodes what comes out. Documents are encoded without blanks, so both must give the same
bytes.
"""

import copy

import msgspec
from pydantic import TypeAdapter

from gateway.compiler.shape import ShapeTemplate
from gateway.config.shaping import KEYS, Shaped
from gateway.shaping.path import STAR, parse_path

_SPEC = TypeAdapter(Shaped)


def template_of(**keys):
    return ShapeTemplate(_SPEC.validate_python(keys))


def shape_of(**keys):
    """The shape of these keys; it must have no faults."""
    template = template_of(**keys)
    assert template.faults == []
    return template.compiled()


def shaped(document, **keys):
    """What *document*, any data, comes to: data again, or a ``Failure``."""
    body = shape_of(**keys)(msgspec.json.encode(document))
    return msgspec.json.decode(body) if isinstance(body, bytes) else body


class WrongKind(Exception):  # noqa: N818 - what a document is
    """The document is not of the form for its shape."""


def modelled(document, stages):
    """What a list of stages (mappings as configurations have them, by whole paths) makes of *document*."""
    document = copy.deepcopy(document)
    for stage in stages:
        for key in KEYS:
            if key in stage and document is not None:
                box = [document]
                globals()[f"_{key}"](box, stage[key])
                document = box[0]
    return document


def _walk(container, key, keys):
    """Every place that *keys* lead to; absent and null parts lead nowhere."""
    if not keys:
        return [(container, key)]
    value = container[key]
    if value is None:
        return []
    if not isinstance(value, dict | list):
        raise WrongKind
    first = keys[0]
    if first is STAR:
        found = list(value) if isinstance(value, dict) else range(len(value))
    elif isinstance(value, dict) is not isinstance(first, str):
        raise WrongKind
    elif isinstance(value, dict):
        found = [first] if first in value else []
    else:
        found = [first] if first < len(value) else []
    return [place for one in found for place in _walk(value, one, keys[1:])]


def _container(container, key):
    value = container[key]
    if value is not None and not isinstance(value, dict | list):
        raise WrongKind
    return value


def _lists(box, path):
    for container, key in _walk(box, 0, parse_path(path).keys):
        value = _container(container, key)
        if isinstance(value, dict):
            raise WrongKind
        if value is not None:
            yield container, key, value


def _unwrap(box, path):
    keys = parse_path(path).keys
    found = [container[key] for container, key in _walk(box, 0, keys)]
    box[0] = found if STAR in keys else (found[0] if found else None)


def _flatten(box, paths):
    for path in paths:
        for container, key, value in _lists(box, path):
            container[key] = [
                one for element in value for one in (element if isinstance(element, list) else [element])
            ]


def _limit(box, limits):
    for path, most in limits.items():
        for container, key, value in _lists(box, path):
            container[key] = value[:most]


def _field(element, path):
    places = _walk([element], 0, parse_path(path).keys)
    return places[0][0][places[0][1]] if places else None


def _rank(value):
    if isinstance(value, dict | list):
        raise WrongKind
    return {bool: 2, str: 1}.get(type(value), 0), value


def _sort(box, sorts):
    for path, keys in sorts.items():
        for container, at, value in _lists(box, path):
            ordered = value
            for key in reversed(keys):
                name = key.removeprefix("-")
                there = [one for one in ordered if _field(one, name) is not None]
                without = [one for one in ordered if _field(one, name) is None]
                there.sort(key=lambda one: _rank(_field(one, name)), reverse=key.startswith("-"))
                ordered = there + without
            container[at] = ordered


def _text(value):
    if isinstance(value, dict | list):
        raise WrongKind
    return value if isinstance(value, str) or value is None else msgspec.json.encode(value).decode()


def _group(box, groups):
    for path, by in groups.items():
        for container, at, value in _lists(box, path):
            grouped = {}
            for element in value:
                text = _text(_field(element, by))
                if text is not None:
                    grouped.setdefault(text, []).append(element)
            container[at] = grouped


def _pick(box, paths):
    tree = {}
    for path in paths:
        node = tree
        for key in parse_path(path).keys[:-1]:
            node = node.setdefault(key, {})
            if node is None:
                break
        else:
            node[parse_path(path).keys[-1]] = None
    box[0] = _picked(box[0], tree)


def _picked(value, tree):
    """Kept parts of trees whose keys are all names, or ``*`` alone; ``None`` keeps all."""
    if tree is None or value is None:
        return value
    if not isinstance(value, dict | list):
        raise WrongKind
    if STAR in tree:
        if isinstance(value, dict):
            return {key: _picked(one, tree[STAR]) for key, one in value.items()}
        return [_picked(one, tree[STAR]) for one in value]
    if isinstance(value, list):
        raise WrongKind
    return {key: _picked(value[key], below) for key, below in tree.items() if key in value}


def _omit(box, paths):
    gone = [place for path in paths for place in _walk(box, 0, parse_path(path).keys)]
    for container, key in gone:
        container[key] = _GONE
    box[0] = _without(box[0])


_GONE = object()


def _without(value):
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if one is not _GONE}
    return [_without(one) for one in value if one is not _GONE] if isinstance(value, list) else value


def _rename(box, names):
    for path, name in sorted(names.items(), key=lambda item: -len(parse_path(item[0]).keys)):
        *above, old = parse_path(path).keys
        for container, key in _walk(box, 0, tuple(above)):
            holder = _container(container, key)
            if isinstance(holder, list):
                raise WrongKind
            if holder is not None and old in holder:
                members = [(name if k == old else k, v) for k, v in holder.items() if k == old or k != name]
                holder.clear()
                holder.update(members)


def _set(box, values):
    for path, value in values.items():
        keys = parse_path(path).keys
        start = len(keys) - keys[::-1].index(STAR) if STAR in keys else 0
        for container, key in _walk(box, 0, keys[:start]):
            if keys[start:] and container[key] is None:
                continue
            holder, at = container, key
            for name in keys[start:]:
                if isinstance(holder, dict):
                    holder.setdefault(at, None)
                if holder[at] is None:
                    holder[at] = {}
                if not isinstance(holder[at], dict):
                    raise WrongKind
                holder, at = holder[at], name
            holder[at] = value


def _wrap(box, name):
    box[0] = {name: box[0]}
