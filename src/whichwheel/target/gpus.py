"""Which of several GPUs a wheel has to serve: any, all, or those that the user picks."""

import re
from collections.abc import Sequence
from typing import Self

from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.patterns import lazy_pattern
from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Fact, Facts, Origin
from whichwheel.target.providers.provider import FactField, FactKind, KnownProvider

__all__ = [
    "ALL_GPUS",
    "GPU_POLICY",
    "POLICY_FIELD",
    "GpuPolicy",
    "InvalidGpuPolicy",
    "no_gpu_assumed",
    "per_gpu",
    "policy_of",
    "with_policy",
]

#: The fact, under each provider of GPUs, that holds a policy as text.
GPU_POLICY = "gpu_policy"

_INDICES = lazy_pattern(r"\d{1,4}(\s*,\s*\d{1,4})*")

#: That fact, as each provider of GPUs lists it.
POLICY_FIELD = FactField(
    GPU_POLICY,
    FactKind.TEXT,
    re.compile(rf"all|any|{_INDICES.pattern}"),
    "`all`, `any` or numbers as `0,2`",
)


def per_gpu(name: str, pattern: str, expected: str, needs: str | None = None) -> FactField:
    """Return the field of a fact that lists one text for each GPU, in their order.

    :param pattern: what each text must match
    :param expected: the same in words
    :param needs: another fact of the provider without which this one says nothing
    """
    return FactField(
        name, FactKind.TEXTS, re.compile(pattern), expected, needs=needs, per_device=True
    )


def no_gpu_assumed(topic: str) -> Facts:
    """Return that there is no GPU: of a described machine nothing else can be assumed."""
    source = "nothing was said of a GPU"
    return Facts([Fact(f"{topic}.present", value=False, origin=Origin.DEFAULT, source=source)])


class InvalidGpuPolicy(WhichwheelError, ValueError):
    """A text is not a policy for several GPUs, or picks one that is not there.

    :param text: the text as given
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"`{text}` does not say which GPUs a wheel has to serve: {why}",
            hint="write `all`, `any`, or the numbers of GPUs as `0,2`",
        )
        self.text = text
        self.why = why


@dataclass(frozen=True, slots=True)
class GpuPolicy:
    """Which of the visible GPUs a wheel has to serve.

    :param indices: the numbers of the picked GPUs, from 0; None for all of them
    :param each: whether every one has to be served, or one of them is enough
    """

    indices: tuple[int, ...] | None = None
    each: bool = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``all``, ``any`` or numbers as ``0,2``.

        :raises InvalidGpuPolicy: if it is none of these

        >>> GpuPolicy.parse("0,2").indices
        (0, 2)
        """
        stripped = text.strip().lower()
        if stripped in {"all", "any"}:
            return cls(each=stripped == "all")
        if not _INDICES.fullmatch(stripped):
            raise InvalidGpuPolicy(text, "it is neither a word for that nor a list of numbers")
        return cls(tuple(dict.fromkeys(int(part) for part in stripped.split(","))))

    def __str__(self) -> str:
        if self.indices is not None:
            return ",".join(map(str, self.indices))
        return "all" if self.each else "any"

    def served(self, count: int) -> tuple[int, ...]:
        """Return the numbers of the GPUs that count, of ``count`` visible ones.

        :raises InvalidGpuPolicy: if one that was picked is not there
        """
        if self.indices is None:
            return tuple(range(count))
        missing = [index for index in self.indices if index >= count]
        if missing and count:
            are = "there is 1 GPU" if count == 1 else f"there are {count} GPUs"
            raise InvalidGpuPolicy(str(self), f"{are}, numbered from 0, and no GPU {missing[0]}")
        return tuple(index for index in self.indices if index < count)

    def common(self, values: Sequence[Sequence[str]]) -> tuple[str, ...]:
        """Return what the GPUs that count run, in the order of the first that runs it.

        :param values: what each visible GPU runs, best first
        :raises InvalidGpuPolicy: if one that was picked is not there

        >>> ALL_GPUS.common([["b", "a"], ["c", "a"]])
        ('a',)
        >>> GpuPolicy(each=False).common([["b", "a"], ["c", "a"]])
        ('b', 'a', 'c')
        """
        counted = [values[index] for index in self.served(len(values))]
        every = dict.fromkeys(value for each in counted for value in each)
        if not self.each:
            return tuple(every)
        return tuple(value for value in every if all(value in each for each in counted))


#: The policy where nothing is said: a wheel that fails on one of two cards is a trap.
ALL_GPUS = GpuPolicy()


def policy_of(facts: Facts, topic: str) -> GpuPolicy:
    """Return the policy that the facts of a provider hold, else that all GPUs count.

    :raises InvalidGpuPolicy: if the fact is no policy
    """
    text = facts.text(f"{topic}.{GPU_POLICY}")
    return ALL_GPUS if text is None else GpuPolicy.parse(text)


def with_policy(provider: KnownProvider, facts: Facts, policy: GpuPolicy | None, by: str) -> Facts:
    """Return the facts of a provider with a policy put over them, if it is about GPUs.

    Where there is no such GPU, no policy is needed.

    :param policy: None to leave the facts as they are
    :param by: what gave the policy, for people
    """
    if policy is None or all(field.name != GPU_POLICY for field in provider.fields):
        return facts
    present = facts.get(provider.key("present"))
    if len(facts) == 1 and present is not None and present.value is False:
        return facts
    return facts.merged([Fact(provider.key(GPU_POLICY), str(policy), Origin.GIVEN, by)])
