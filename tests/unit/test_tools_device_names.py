import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.tools.home.device_names import devices_meant, kind_of
from xtalk_edge.tools.names import name_key

NAMES = ("kitchen light", "Bedroom Light", "hall light", "fan", "TV lamp", "desk lamp")
LIGHTS = NAMES[:3]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the kitchen light", NAMES[:1]),
        ("bedroom light.", NAMES[1:2]),
        ("fan", ("fan",)),
        ("kitchen", NAMES[:1]),
        ("tv", ("TV lamp",)),
        ("light", LIGHTS),
        ("lamp", NAMES[4:]),
        ("porch light", ()),
        ("li", ()),
        ("", ()),
        ("the", ()),
    ],
)
def test_one_device_is_meant(said, meant):
    found = devices_meant(said, NAMES)
    assert (found.names, found.is_group) == (meant, False)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("lights", LIGHTS),
        ("all the lights", LIGHTS),
        ("every light", LIGHTS),
        ("kitchen lights", NAMES[:1]),
        ("both lamps", NAMES[4:]),
        ("everything", NAMES),
        ("all", NAMES),
        ("porch lights", ()),
        ("all fans", ("fan",)),
    ],
)
def test_several_devices_are_meant(said, meant):
    found = devices_meant(said, NAMES)
    assert (found.names, found.is_group) == (meant, True)


def test_a_device_may_be_called_in_the_plural():
    found = devices_meant("the string lights", ("string lights", "hall light"))
    assert (found.names, found.is_group) == (("string lights",), False)
    assert devices_meant("lights", ("string lights", "hall light")).names == (
        "string lights",
        "hall light",
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [("the porch light", "porch light"), ("all the fans", "fans"), ("???", "")],
)
def test_an_unknown_device_is_called_as_it_was(said, kind):
    assert kind_of(said) == kind


WORDS = st.lists(st.sampled_from(["all", "the", "kitchen", "light", "lights", "x", "fan"]))


@given(WORDS.map(" ".join) | st.text(), st.lists(st.text(min_size=1), unique=True))
@pytest.mark.slow
def test_only_devices_that_exist_are_meant_each_once(said, names):
    meant = devices_meant(said, names).names
    assert list(meant) == [name for name in names if name in meant]


@given(
    st.lists(st.text("abc ", min_size=1), unique_by=name_key).filter(
        lambda n: all(map(name_key, n))
    )
)
@pytest.mark.slow
def test_each_device_is_meant_by_its_own_name(names):
    for name in names:
        assert name in devices_meant(name, names).names
