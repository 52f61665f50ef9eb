import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whichwheel.plugins.answers import Answer, answer_document, read_answer
from whichwheel.plugins.errors import ProviderFailed

NAMES = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
VALUES = st.from_regex(r"[a-z0-9_.]{1,12}", fullmatch=True)


@given(
    st.dictionaries(NAMES, st.lists(VALUES, min_size=1, unique=True).map(tuple)),
    st.none() | NAMES,
    st.dictionaries(NAMES, st.text("abc .:-", min_size=1)),
)
def test_an_answer_survives_being_kept(
    features: dict[str, tuple[str, ...]], namespace: str | None, facts: dict[str, str]
) -> None:
    answer = Answer(features, namespace, facts)
    again = read_answer(json.dumps(answer_document(answer)).encode(), "p")
    assert again == answer
    assert list(again.features) == list(answer.features)


@given(st.binary(max_size=200))
def test_any_bytes_are_one_message(data: bytes) -> None:
    with pytest.raises(ProviderFailed) as caught:
        read_answer(data, "p", protocol="x/1")
    assert caught.value.message.startswith("the provider `p` failed: ")
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it gave no answer, expected a JSON object"),
        ("\n", "it gave no answer, expected a JSON object"),
        ("no", "its answer cannot be read: it is not JSON"),
        ('{"features": [', "its answer cannot be read: it is not JSON"),
        ('{"features": []}{}', "its answer cannot be read: it is not JSON"),
        ("[]", "$: found a list, expected a table"),
        ("{}", "$.features: expected a list of features"),
        ('{"features": {"kind": ["x"]}}', "$.features: expected a list"),
        ('{"features": ["kind"]}', "$.features[0]: found a text, expected a table"),
        ('{"features": [{"values": ["x"]}]}', "$.features[0].name: found nothing"),
        ('{"features": [{"name": "kind"}]}', "$.features[0].values: found nothing"),
        ('{"features": [{"name": "Kind", "values": []}]}', "`Kind` does not match"),
        ('{"features": [{"name": "k", "values": ["a b"]}]}', "`a b` does not match"),
        ('{"features": [{"name": "k", "values": ["a", "a"]}]}', "`a` occurs twice"),
        ('{"features": [], "features": []}', "the key `features` occurs twice"),
        ('{"features": [], "namespace": "A"}', "$.namespace: `A` does not match"),
        ('{"features": [], "facts": []}', "$.facts: found a list, expected a table"),
        ('{"features": [], "facts": {"x": 1}}', "$.facts.x: found a number, expected a text"),
        ('{"features": [], "facts": {"x": "\\u001b[31m"}}', "printable characters"),
        ('{"failed": "no\\u001b luck"}', "no\\x1b luck"),
        ('{"error": 5}', "it says no more"),
    ],
)
def test_every_malformed_answer_is_one_message(text: str, why: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        read_answer(text.encode(), "taste")
    assert why in caught.value.message
    assert caught.value.message.startswith("the provider `taste` failed: ")


def test_many_faults_are_counted() -> None:
    listed = [{"name": "A", "values": [1]}] * 5
    with pytest.raises(ProviderFailed, match=r"; and 11 more$"):
        read_answer(json.dumps({"features": listed}).encode(), "p")


def test_what_later_versions_add_is_passed_over() -> None:
    text = b'{"features": [{"name": "k", "values": ["v"], "multi_value": true}], "later": 1}'
    assert read_answer(text, "p").features == {"k": ("v",)}
