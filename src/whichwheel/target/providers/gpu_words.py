"""Words about several GPUs that the providers of GPUs share."""

from collections.abc import Sequence

from whichwheel.spec.values import dataclass
from whichwheel.target.facts import Facts, Origin
from whichwheel.target.gpus import GPU_POLICY, GpuPolicy

__all__ = ["GpuVerdict", "gpu_called", "joined", "policy_words", "verdict"]


@dataclass(frozen=True, slots=True)
class GpuVerdict:
    """Which GPU a reason names, and what it says of the others.

    :param named: its number
    :param refused: whether it is one that refuses
    :param more: how the others stand, after a semicolon; empty if that does not matter
    """

    named: int
    refused: bool
    more: str = ""


def verdict(serves: Sequence[bool], policy: GpuPolicy) -> GpuVerdict:
    """Return which GPU decides: one that refuses where all have to be served.

    :param serves: whether each GPU runs the code in question; one at least
    :raises InvalidGpuPolicy: if the policy picks a GPU that is not there

    >>> verdict([True, False], GpuPolicy()).named
    1
    """
    counted = policy.served(len(serves))
    refusing = [index for index in counted if not serves[index]]
    serving = [index for index in counted if serves[index]]
    if serving and not policy.each:
        return GpuVerdict(serving[0], refused=False, more="; one GPU is enough" if refusing else "")
    more = ""
    if refusing and not policy.each and len(counted) > 1:
        more = "; no other GPU runs it either"
    elif not refusing and len(counted) > 1:
        more = "; the other GPUs run it too"
    return GpuVerdict((refusing or serving)[0], refused=bool(refusing), more=more)


def gpu_called(facts: Facts, topic: str, index: int, count: int) -> str:
    """Name a GPU: ``GPU 1 (NVIDIA L4)``.

    :param count: the number of GPUs in question
    """
    names = facts.texts(f"{topic}.gpus")
    # An override variable may give other GPUs than those whose names were found.
    return f"GPU {index} ({names[index]})" if len(names) == count else f"GPU {index}"


def joined(texts: Sequence[str], word: str = "and") -> str:
    """Return different texts as one: ``gfx906, gfx1030 and gfx1100``."""
    *first, last = dict.fromkeys(texts)
    return f"{', '.join(first)} {word} {last}" if first else last


def policy_words(facts: Facts, topic: str, count: int) -> list[tuple[str, Origin]]:
    """Return a policy in words where it matters: with several GPUs that need not all be served."""
    policy = facts.get(f"{topic}.{GPU_POLICY}")
    if policy is None or policy.value == "all" or count <= 1:
        return []
    words = "any GPU will do" if policy.value == "any" else f"GPUs that count: {policy.value}"
    return [(words, policy.origin)]
