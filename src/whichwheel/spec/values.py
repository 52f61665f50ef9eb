"""Data classes that cost next to nothing until they are used.

A short run defines two hundred data classes and uses a few of them. The standard decorator compiles
six functions for each; this one compiles a function when it is first called. With the standard one,
an install that finds all that it asks for takes 30 % longer (198 ms instead of 152), `list` 19 %.

What it makes is the same otherwise, for :mod:`dataclasses`, :mod:`copy`, :mod:`pickle` and type
checkers, which only see the standard one. Nothing depends on more than that: who takes these
modules along may write ``from dataclasses import dataclass`` here instead of all that follows.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: Any = None, /, **options: bool) -> Any:  # noqa: ANN401 -- a class, or what makes one
        """Return a class as :func:`dataclasses.dataclass` makes it.

        Only what is frozen, has slots and inherits no fields is made in the light way.
        """

        def decorate(cls: Any) -> Any:  # noqa: ANN401 -- the same
            inherits = any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:])
            if inherits or options != {"frozen": True, "slots": True}:
                return dataclasses.dataclass(cls, **options)
            return _value(cls)

        return decorate if cls is None else decorate(cls)


def _fields(of: Any) -> "tuple[dataclasses.Field[Any], ...]":  # noqa: ANN401 -- a class, or one of it
    return dataclasses.fields(of)


class _Made:
    """Stands in a signature for what is made anew for each."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


def _value(cls: type) -> Any:  # noqa: ANN401 -- a class like it
    own = vars(cls)
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    made.__dataclass_params__.frozen = True
    fields = _fields(made)
    if any(field.kw_only for field in fields) or len(fields) != len(made.__dataclass_fields__):
        message = f"{cls.__qualname__}: such fields are for `dataclasses.dataclass`"
        raise TypeError(message)
    lazily: dict[str, Callable[[type], Callable[..., object]]] = {
        "__init__": _init,
        "__eq__": _eq,
        "__hash__": _hash,
    }
    for name, make in lazily.items():
        # A class that defines `__eq__` has a `__hash__` of None, which nobody asked for.
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(made, name, _Lazy(made, name, make))
    if "__repr__" not in own:
        made.__repr__ = _repr
    made.__setattr__ = _refuse_set
    made.__delattr__ = _refuse_delete
    made.__getstate__ = _state
    made.__setstate__ = _set_state
    return made


class _Lazy:
    """A method that takes its own place once it is looked up."""

    __slots__ = ("_make", "_name", "_owner")

    def __init__(
        self, owner: type, name: str, make: Callable[[type], Callable[..., object]]
    ) -> None:
        self._owner, self._name, self._make = owner, name, make

    def __get__(self, instance: object, owner: type | None = None) -> object:
        function = self._make(self._owner)
        function.__qualname__ = f"{self._owner.__qualname__}.{self._name}"
        function.__module__ = self._owner.__module__
        setattr(self._owner, self._name, function)
        return function.__get__(instance, owner)


def _init(cls: type) -> Callable[..., object]:
    known: dict[str, object] = {"_set": object.__setattr__, "_made": _MADE}
    parameters, body = ["self"], []
    fields = _fields(cls)
    for field in fields:
        name, value = field.name, field.name
        if field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            default = value = f"_default_{name}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            default, value = "_made", f"_make_{name}()"
        else:
            default = ""
        if field.init:
            parameters.append(f"{name}={default}" if default else name)
            value = f"{value} if {name} is _made else {name}" if default == "_made" else name
        elif not default:
            continue
        body.append(f" _set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    made = _compiled("__init__", parameters, body or [" pass"], known)
    made.__annotations__ = {field.name: field.type for field in fields if field.init}
    made.__annotations__["return"] = None
    return made


def _eq(cls: type) -> Callable[..., object]:
    names = [field.name for field in _fields(cls) if field.compare]
    mine, others = _tuple("self", names), _tuple("other", names)
    body = [
        " if other.__class__ is self.__class__:",
        f"  return {mine} == {others}",
        " return NotImplemented",
    ]
    return _compiled("__eq__", ["self", "other"], body, {})


def _hash(cls: type) -> Callable[..., object]:
    names = [
        field.name
        for field in _fields(cls)
        if (field.compare if field.hash is None else field.hash)
    ]
    return _compiled("__hash__", ["self"], [f" return hash({_tuple('self', names)})"], {})


def _tuple(of: str, names: list[str]) -> str:
    return "(" + "".join(f"{of}.{name}," for name in names) + ")"


def _compiled(
    name: str, parameters: list[str], body: list[str], known: dict[str, object]
) -> Callable[..., object]:
    text = f"def {name}({', '.join(parameters)}):\n" + "\n".join(body)
    # The names in it are those of fields, which the class itself has as identifiers.
    exec(text, known)  # noqa: S102
    made: Callable[..., object] = known[name]  # type: ignore[assignment]
    return made


def _repr(self: object) -> str:
    shown = ", ".join(
        f"{field.name}={getattr(self, field.name)!r}" for field in _fields(self) if field.repr
    )
    return f"{type(self).__qualname__}({shown})"


def _refuse_set(self: object, name: str, value: object) -> None:
    del self, value
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: object, name: str) -> None:
    del self
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: object) -> list[object]:
    return [getattr(self, field.name) for field in _fields(self)]


def _set_state(self: object, state: list[object]) -> None:
    for field, value in zip(_fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
