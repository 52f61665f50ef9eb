"""Data classes that cost next to nothing until they are used.

A short run defines two hundred data classes, and makes a few objects of half of them. The standard
decorator takes each field apart and compiles six functions for each class; this one does so for a
class that is asked for its fields, or that many objects are made of. With the standard one, an
install that finds all in its caches takes 10 to 20 % longer (363 ms of processor time instead of
300), `list` 16 % (186 ms instead of 160).

What it makes is the same otherwise, for :mod:`dataclasses`, :mod:`copy`, :mod:`pickle` and type
checkers, which only see the standard one. Nothing depends on more than that: who takes these
modules along may write ``from dataclasses import dataclass`` here instead of all that follows.
"""

import dataclasses
import operator
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, get_origin

__all__ = ["dataclass"]

#: So many objects of a class are made without compiling anything: compiling costs as much as fifty.
_FEW = 16
#: The options that the light way knows.
_KNOWN = {"frozen", "slots", "order"}
#: What the standard library asks a data class for.
_ASKED = ("__dataclass_fields__", "__dataclass_params__") + (
    ("__replace__",) if sys.version_info >= (3, 13) else ()
)

#: A function, of which more is said than types know.
_Method = Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: Any = None, /, **options: bool) -> Any:  # noqa: ANN401 -- a class, or what makes one
        """Return a class as :func:`dataclasses.dataclass` makes it.

        Only what has slots and inherits no fields is made in the light way.
        """

        def decorate(cls: Any) -> Any:  # noqa: ANN401 -- the same
            inherits = any("__dataclass_fields__" in vars(base) for base in cls.__mro__[1:])
            if not inherits and options.get("slots") and options.keys() <= _KNOWN:
                shape = _Shape(cls)
                if shape.is_light:
                    return _value(
                        cls,
                        shape,
                        frozen=options.get("frozen", False),
                        order=options.get("order", False),
                    )
            return dataclasses.dataclass(cls, **options)

        return decorate if cls is None else decorate(cls)


class _Shape:
    """What a class says of its fields.

    :ivar types: the annotations, by name and in order
    :ivar said: what stands after the equals sign, where something does
    """

    __slots__ = ("said", "types")

    def __init__(self, cls: type) -> None:
        self.types: Mapping[str, Any] = cls.__annotations__
        own = vars(cls)
        self.said = {name: own[name] for name in self.types if name in own}

    @property
    def is_light(self) -> bool:
        """Whether all is as simple as it mostly is, and nothing is wrong."""
        defaults = False
        for name, of in self.types.items():
            said = self.said.get(name, dataclasses.MISSING)
            if not _is_ordinary(of) or type(said).__hash__ is None:
                return False
            if isinstance(said, dataclasses.Field):
                if said.kw_only is True or type(said.default).__hash__ is None:
                    return False
                if not said.init:
                    continue
            if self.has_default(name):
                defaults = True
            elif defaults:
                return False
        return True

    def has_default(self, name: str) -> bool:
        """Whether a field has a value that nobody gives."""
        said = self.said.get(name, dataclasses.MISSING)
        if not isinstance(said, dataclasses.Field):
            return said is not dataclasses.MISSING
        return not (said.default is said.default_factory is dataclasses.MISSING)

    def default(self, name: str) -> object:
        """Return the value of a field that has one."""
        said = self.said[name]
        if not isinstance(said, dataclasses.Field):
            return said
        if said.default_factory is dataclasses.MISSING:
            return said.default
        return said.default_factory()

    def parameters(self) -> dict[str, Any]:
        """Return the types of the fields that are given."""
        return {name: of for name, of in self.types.items() if self._option(name, "init")}

    def compared(self) -> list[str]:
        """Return the fields that objects are compared by."""
        return [name for name in self.types if self._option(name, "compare")]

    def hashed(self) -> list[str]:
        """Return the fields that the hash is made of."""
        compared = self.compared()
        hashes = {name: self._option(name, "hash", None) for name in self.types}
        return [
            name for name, said in hashes.items() if (name in compared if said is None else said)
        ]

    def _option(self, name: str, option: str, usual: bool | None = True) -> bool | None:  # noqa: FBT001, FBT002 -- a value that is passed on
        said = self.said.get(name)
        return getattr(said, option) if isinstance(said, dataclasses.Field) else usual


def _is_ordinary(of: object) -> bool:
    """Whether an annotation makes an ordinary field."""
    if isinstance(of, str):
        return not any(word in of for word in ("ClassVar", "InitVar", "KW_ONLY"))
    if of in (ClassVar, dataclasses.InitVar, dataclasses.KW_ONLY):
        return False
    return not isinstance(of, dataclasses.InitVar) and get_origin(of) is not ClassVar


def _value(cls: type, shape: _Shape, *, frozen: bool, order: bool) -> Any:  # noqa: ANN401 -- a class like it
    unwanted = {"__dict__", "__weakref__", *shape.said}
    own = {name: value for name, value in vars(cls).items() if name not in unwanted}
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}
    own["__slots__"] = tuple(name for name in shape.types if name not in inherited)
    own.setdefault("__match_args__", tuple(shape.parameters()))
    own.setdefault("__repr__", _repr)
    if frozen:
        own |= {
            "__setattr__": _refuse_set,
            "__delattr__": _refuse_delete,
            "__getstate__": _state,
            "__setstate__": _set_state,
        }
    made: Any = type(cls)(cls.__name__, cls.__bases__, own)
    made.__qualname__ = cls.__qualname__
    lazily = {"__init__": _init, "__eq__": _eq, **(_ORDER if order else {})}
    if frozen:
        lazily["__hash__"] = _hash
    for name, make in lazily.items():
        # A class that defines `__eq__` has a `__hash__` of None, which nobody asked for.
        if own.get(name) is None:
            kind = _LazyInit if name == "__init__" else _Lazy
            setattr(made, name, kind(made, name, shape, make))
    if not frozen and "__hash__" not in own:
        made.__hash__ = None
    for name in _ASKED:
        setattr(made, name, _Asked(made, name, shape))
    return made


class _Lazy:
    """A method that is made once it is looked up, and then takes the place of this.

    :param make: makes it for a class
    """

    __slots__ = ("_make", "_name", "_owner", "_shape")

    def __init__(
        self, owner: type, name: str, shape: _Shape, make: Callable[[type, _Shape], _Method]
    ) -> None:
        self._owner, self._name, self._shape, self._make = owner, name, shape, make

    def __get__(self, instance: object, owner: type | None = None) -> object:
        function = self._make(self._owner, self._shape)
        function.__name__ = self._name
        function.__qualname__ = f"{self._owner.__qualname__}.{self._name}"
        function.__module__ = self._owner.__module__
        setattr(self._owner, self._name, function)
        return function.__get__(instance, owner)


class _LazyInit(_Lazy):
    """How objects are made: field by field at first, and compiled for a class that has many."""

    __slots__ = ("_count", "_parameters")

    def __init__(
        self, owner: type, name: str, shape: _Shape, make: Callable[[type, _Shape], _Method]
    ) -> None:
        super().__init__(owner, name, shape, make)
        self._count = 0
        self._parameters: Mapping[str, Any] | None = None

    def __get__(self, instance: object, owner: type | None = None) -> object:
        self._count += 1
        # Who looks at the class wants to see its parameters.
        if instance is None or self._count > _FEW:
            return super().__get__(instance, owner)
        return partial(self._fill, instance)

    def _fill(self, instance: object, /, *values: object, **named: object) -> None:
        if self._parameters is None:
            self._parameters = self._shape.parameters()
        parameters = self._parameters
        given = dict(zip(parameters, values, strict=False))
        wrong = len(values) > len(given) or not named.keys() <= parameters.keys() - given.keys()
        given |= named
        for name in self._shape.types:
            if name in given:
                object.__setattr__(instance, name, given[name])
            elif self._shape.has_default(name):
                object.__setattr__(instance, name, self._shape.default(name))
            elif name in parameters:
                wrong = True
        if wrong:
            # It says what is wrong, as functions do.
            super().__get__(instance)(*values, **named)  # type: ignore[operator]
        elif hasattr(self._owner, "__post_init__"):
            instance.__post_init__()  # type: ignore[attr-defined]


class _Asked:
    """What the standard library asks a class for, as it makes it itself."""

    __slots__ = ("_name", "_owner", "_shape")

    def __init__(self, owner: type, name: str, shape: _Shape) -> None:
        self._owner, self._name, self._shape = owner, name, shape

    def __get__(self, instance: object, owner: type | None = None) -> object:
        cls, shape = self._owner, self._shape
        own = {"__annotations__": dict(shape.types), "__doc__": cls.__doc__, **shape.said}
        twin: Any = type(cls.__name__, (), {**own, "__module__": cls.__module__})
        twin = dataclasses.dataclass(init=False, repr=False, eq=False)(twin)
        twin.__dataclass_params__.frozen = "__setattr__" in vars(cls)
        for name in _ASKED:
            setattr(cls, name, getattr(twin, name))
        return getattr(owner if instance is None else instance, self._name)


def _init(cls: type, shape: _Shape) -> _Method:
    known: dict[str, object] = {"_set": object.__setattr__, "_made": _MADE}
    given, parameters, body = shape.parameters(), ["self"], []
    for name in shape.types:
        said, value, default = shape.said.get(name), name, ""
        if isinstance(said, dataclasses.Field) and said.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = said.default_factory
            default, value = "_made", f"_make_{name}()"
        elif shape.has_default(name):
            known[f"_default_{name}"] = shape.default(name)
            default = value = f"_default_{name}"
        if name in given:
            parameters.append(f"{name}={default}" if default else name)
            value = f"{value} if {name} is _made else {name}" if default == "_made" else name
        elif not default:
            continue
        body.append(f" _set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    text = f"def __init__({', '.join(parameters)}):\n" + "\n".join(body or [" pass"])
    # The names in it are those of fields, which the class itself has as identifiers.
    exec(text, known)  # noqa: S102
    made: _Method = known["__init__"]
    made.__annotations__ = {**given, "return": None}
    return made


def _hash(cls: type, shape: _Shape) -> _Method:
    del cls
    values = _values(shape.hashed())
    return lambda self: hash(values(self))


def _values(names: list[str]) -> "Callable[[object], tuple[object, ...]]":
    """Return what takes the values of some fields from an object."""
    if len(names) > 1:
        taken: Callable[[object], tuple[object, ...]] = operator.attrgetter(*names)
        return taken
    return lambda of: tuple(getattr(of, name) for name in names)


def _comparing(compare: Callable[[Any, Any], object]) -> Callable[[type, _Shape], _Method]:
    def make(cls: type, shape: _Shape) -> _Method:
        del cls
        values = _values(shape.compared())

        def compared(self: object, other: object) -> object:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return compare(values(self), values(other))

        return compared

    return make


_eq = _comparing(operator.eq)
_ORDER: Mapping[str, Callable[[type, _Shape], _Method]] = {
    "__lt__": _comparing(operator.lt),
    "__le__": _comparing(operator.le),
    "__gt__": _comparing(operator.gt),
    "__ge__": _comparing(operator.ge),
}


class _Made:
    """Stands in a signature for what is made anew for each."""

    def __repr__(self) -> str:
        return "<factory>"


_MADE = _Made()


def _fields(of: Any) -> "tuple[dataclasses.Field[Any], ...]":  # noqa: ANN401 -- a class, or one of it
    return dataclasses.fields(of)


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
