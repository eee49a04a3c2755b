"""Events are the same however their bytes were cut."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.event_stream import LONGEST_EVENT_BYTES, EventStream

BYTES = st.lists(
    st.sampled_from(
        [*b"data:|data: |a|\xc3\xa9|: hi|id: 1|\xff|:".split(b"|"), b"\n", b"\r", b"\r\n"]
    )
).map(b"".join)
CUTS = st.lists(st.integers(0, 1000), max_size=8)


def pieces_of(data, cuts):
    at = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


def read(pieces):
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)] + stream.end()


@given(data=BYTES, cuts=CUTS)
@example(data=b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", cuts=[8, 9, 18, 20])
def test_any_split_of_the_bytes_gives_the_same_events(data, cuts):
    assert read(pieces_of(data, cuts)) == read([data])
    assert read([data[at : at + 1] for at in range(len(data))]) == read([data])


@given(events=st.lists(st.text().map(lambda text: " ".join(text.splitlines()) or "x"), max_size=5),
       newline=st.sampled_from(["\n", "\r\n", "\r"]), cuts=CUTS)  # fmt: skip
def test_what_was_sent_is_read(events, newline, cuts):
    text = "".join(f"data: {event}{newline}{newline}" for event in events)
    sent = text.encode("utf-8", "replace")
    assert read(pieces_of(sent, cuts)) == [
        event.encode("utf-8", "replace").decode() for event in events
    ]


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data:a\n\n", ["a"]),
        (b"data:  a\n\n", [" a"]),
        (b"data\n\n", [""]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b": keep alive\n\n:\n\ndata: a\n\n", ["a"]),
        (b"event: message\nid: 7\nretry: 3\ndata: a\n\n", ["a"]),
        (b"datax: a\n\n\n\n", []),
        (b"data: a", ["a"]),
        (b"data: a\n", ["a"]),
        (b"data: \xff\n\n", ["�"]),
        (b"", []),
    ],
)
def test_the_format(sent, events):
    assert read([sent]) == events


def test_an_event_that_does_not_end_is_given_up():
    stream = EventStream()
    assert stream.is_new
    with pytest.raises(UplinkError, match="does not end"):
        for _ in range(20):
            stream.feed(b"data: " + b"x" * 100_000)
    assert not stream.is_new
    lines = EventStream()
    with pytest.raises(UplinkError, match="does not end"):
        for _ in range(20):
            lines.feed(b"data: " + b"x" * 100_000 + b"\n")


def test_many_short_events_are_no_long_one():
    stream = EventStream()
    event = b"data: " + b"x" * 1000 + b"\n\n"
    n_events = LONGEST_EVENT_BYTES // len(event) + 10
    assert len(stream.feed(event * n_events)) == n_events
