"""Variant markers mean what a naive evaluator says they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import default_environment
from packaging.requirements import Requirement

from whichwheel.spec.markers import VariantContext, parse_requirement
from whichwheel.spec.properties import VariantProperty

NAMESPACES = ("cpu", "gpu")
FEATURES = ("level", "arch")
VALUES = ("v1", "9.0")
LABELS = ("", "null", "cu128", "cu")
VARIANT_KINDS = ("label", "properties", "features", "namespaces")
OTHER_KINDS = ("os", "python")
ENVIRONMENT: dict[str, str | set[str]] = {
    **{key: str(value) for key, value in default_environment().items()},
    "os_name": "posix",
    "python_version": "3.12",
}


@dataclass(frozen=True)
class Atom:
    text: str
    variable: str
    operator: str
    literal: str
    reverse: bool

    def holds(self, label: str, properties: frozenset[VariantProperty]) -> bool:
        literal = "::".join(part.strip() for part in self.literal.split("::"))
        values = {
            "variant_properties": {f"{p.namespace}::{p.feature}::{p.value}" for p in properties},
            "variant_features": {f"{p.namespace}::{p.feature}" for p in properties},
            "variant_namespaces": {p.namespace for p in properties},
        }
        if self.variable == "os_name":
            return (self.literal == "posix") is (self.operator == "==")
        if self.variable == "python_version":
            return self.operator in ("<=", ">=", "==")
        if self.variable != "variant_label":
            return (literal in values[self.variable]) is (self.operator == "in")
        left, right = (self.literal, label) if self.reverse else (label, self.literal)
        return {
            "==": left == right,
            "!=": left != right,
            "in": left in right,
            "not in": left not in right,
        }[self.operator]


@dataclass(frozen=True)
class Node:
    text: str
    how: str
    parts: tuple["Node | Atom", ...]

    def holds(self, label: str, properties: frozenset[VariantProperty]) -> bool:
        found = [part.holds(label, properties) for part in self.parts]
        return all(found) if self.how == "and" else any(found)


space = st.sampled_from(["", " ", "\t", "  "])
gap = st.sampled_from([" ", "\t", "  "])


@st.composite
def atoms(draw: st.DrawFn, kinds: Sequence[str] = (*VARIANT_KINDS, *OTHER_KINDS)) -> Atom:
    kind = draw(st.sampled_from(kinds))
    quote = draw(st.sampled_from("\"'"))
    if kind == "label":
        operator = draw(st.sampled_from(["==", "!=", "in", "not in"]))
        variable, literal, reverse = "variant_label", draw(st.sampled_from(LABELS)), False
        reverse = draw(st.booleans())
    elif kind == "os":
        operator = draw(st.sampled_from(["==", "!="]))
        variable, literal, reverse = "os_name", draw(st.sampled_from(["posix", "nt"])), False
    elif kind == "python":
        operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">="]))
        variable, literal, reverse = "python_version", "3.12", False
    else:
        operator = draw(st.sampled_from(["in", "not in"]))
        variable, reverse = f"variant_{kind}", True
        parts = [draw(st.sampled_from(NAMESPACES))]
        if kind != "namespaces":
            parts.append(draw(st.sampled_from(FEATURES)))
        if kind == "properties":
            parts.append(draw(st.sampled_from(VALUES)))
        literal = f"{draw(space)}::{draw(space)}".join(parts)
    written = operator.replace(" ", draw(gap))
    around = draw(gap) if operator in ("in", "not in") else draw(space)
    left, right = (f"{quote}{literal}{quote}", variable) if reverse else (variable, "")
    right = right or f"{quote}{literal}{quote}"
    return Atom(f"{left}{around}{written}{around}{right}", variable, operator, literal, reverse)


def trees(children: st.SearchStrategy[Node | Atom]) -> st.SearchStrategy[Node | Atom]:
    return st.builds(join, st.sampled_from(["and", "or"]), st.lists(children, min_size=2), space)


def join(how: str, parts: list[Node | Atom], padding: str) -> Node:
    # A group inside a group is put in parentheses, unless precedence makes them needless.
    texts = [
        f"({padding}{part.text}{padding})"
        if isinstance(part, Node) and not (how == "or" and part.how == "and")
        else part.text
        for part in parts
    ]
    return Node(f" {padding}{how} {padding}".join(texts), how, tuple(parts))


markers = st.recursive(atoms(), trees, max_leaves=8)
properties = st.frozensets(
    st.builds(
        VariantProperty,
        st.sampled_from(NAMESPACES),
        st.sampled_from(FEATURES),
        st.sampled_from(VALUES),
    )
)


@given(markers, st.sampled_from(LABELS), properties)
def test_evaluation_equals_the_naive_evaluator(
    marker: Node | Atom, label: str, found: frozenset[VariantProperty]
) -> None:
    bound = parse_requirement(f"dep[x]>=1; {marker.text}").bind(VariantContext(label, found))
    evaluated = bound.marker is None or bound.marker.evaluate(ENVIRONMENT)
    assert evaluated == marker.holds(label, found)
    assert "variant_" not in str(bound)


@given(
    st.sampled_from(["dep", "Dep.x[a,B]>=1,<2", "dep @ https://index.example/d.whl "]),
    st.recursive(atoms(OTHER_KINDS), trees, max_leaves=5),
)
def test_a_requirement_without_variant_markers_is_what_packaging_reads(
    head: str, marker: Node | Atom
) -> None:
    text = f"{head}; {marker.text}"
    requirement = parse_requirement(text)
    assert requirement.requirement == Requirement(text)
    assert str(requirement.bind(VariantContext.none())) == str(Requirement(text))
    assert not requirement.has_variant_markers
