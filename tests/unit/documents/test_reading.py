"""Documents of all formats are read, and what cannot be read is a sentence."""

from __future__ import annotations

import io
import sys

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from xtalk_edge.documents import reading
from xtalk_edge.documents.plain_text import markdown, plain, table
from xtalk_edge.documents.reading import READERS, DocumentError, Reading, read
from xtalk_edge.documents.splitting import Block
from xtalk_edge.documents.web_page import web_page


def pdf(*pages: str, title: str = "", password: str = "") -> bytes:
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
         NameObject("/BaseFont"): NameObject("/Helvetica")}
    )  # fmt: skip
    for text in pages:
        page = writer.add_blank_page(300, 300)
        fonts = DictionaryObject({NameObject("/F"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.splitlines())
        content.set_data(f"BT /F 12 Tf 20 250 Td {lines} ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def texts(found: Reading) -> list[str]:
    return [block.text for block in found.blocks]


def test_lines_of_plain_text_are_joined_where_the_page_ended_them() -> None:
    long = "This line is as long as a page is wide, and so it goes on in the next"
    assert plain(f"Door code: 1234\nWifi: tulip\n\n{long}\none.\nEnd.") == [
        Block("Door code: 1234"), Block("Wifi: tulip"), Block(f"{long} one."), Block("End."),
    ]  # fmt: skip


def test_markdown_is_read_without_its_marks() -> None:
    text = """---
title: x
---
# The *house*
Some **bold** and `code`, a [link](http://x.y/z_(1)) <!-- hidden -->.
Same paragraph.

Kitchen
-------
- one item_name
- two
> quoted

| a | b |
|---|---|
| 1 | 2 |
```
# no heading
```
## End ##
"""
    assert markdown(text) == [
        Block("The house", 1), Block("Some bold and code, a link  . Same paragraph."),
        Block("Kitchen", 2), Block("one item_name"), Block("two quoted"), Block("a, b"),
        Block("1, 2"), Block("# no heading"), Block("End", 2),
    ]  # fmt: skip


def test_of_a_page_only_what_readers_see_is_read() -> None:
    page = """<html><head><title>My &amp; page</title><style>p{}</style></head>
    <body><script>if (a < b) x()</script><h2>Care</h2><p>Turn the <b>fil</b>ter.<br>Left.
    <ul><li>one<li>two</ul><table><tr><td>a<td>b</tr></table>tail"""
    assert web_page(page) == (
        "My & page",
        [Block("Care", 2), Block("Turn the filter. Left."), Block("one"), Block("two"),
         Block("a b"), Block("tail")],
    )  # fmt: skip


def test_rows_of_a_table_have_the_names_of_its_columns() -> None:
    assert table("name;phone\nAnn;12\nBob;\n;;x\n") == [
        Block("name: Ann, phone: 12"), Block("name: Bob"), Block("x"),
    ]  # fmt: skip
    assert table("only,names") == [Block("only, names")]


@given(st.text(max_size=300))
@pytest.mark.slow
def test_no_text_is_too_odd(text: str) -> None:
    plain(text)
    markdown(text)
    web_page(text)
    web_page(f"<{text}>")


@pytest.mark.parametrize("piece", ["[", "<!--", "*_", "[a](", "- - ", "<", "<!", "&#", "a](("])
@pytest.mark.slow
def test_no_text_takes_for_ever(piece: str) -> None:
    # Half a megabyte would take hours if the time grew with the square of the length.
    text = piece * (500_000 // len(piece))
    plain(text)
    markdown(text)
    web_page(text[:50_000])


@given(st.sampled_from([*READERS]), st.binary(max_size=300))
@pytest.mark.slow
def test_no_file_is_more_than_a_sentence(ending: str, content: bytes) -> None:
    try:
        found = read(ending, content)
    except DocumentError as error:
        assert "\n" not in str(error)
    else:
        assert found.blocks


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("cp1252"), "Grüße"),
    ],
)
def test_letters_of_usual_encodings_are_understood(content: bytes, says: str) -> None:
    assert texts(read(".TXT", content)) == [says]


def test_a_page_says_its_encoding() -> None:
    page = '<meta charset="shift_jis"><p>今日は'.encode("shift_jis")
    assert texts(read(".htm", page)) == ["今日は"]


def test_a_pdf_has_pages_and_a_title() -> None:
    found = read(".pdf", pdf("Turn the filter.", "Page two.", title="Manual"))
    assert found == Reading("Manual", [Block("Turn the filter."), Block("Page two.")])
    assert texts(read(".pdf", pdf("Open to read.", password=""))) == ["Open to read."]


@pytest.mark.parametrize(
    ("ending", "content", "says"),
    [
        (".txt", b"", "it is empty"),
        (".txt", b" \n ", "it is empty"),
        (".md", b"# --\n\n* * *", "there are no words in it"),
        (".txt", b"PK\x03\x04\x00\x00", "it is no text"),
        (".txt", b"ok \x81\x8d", "save it as UTF-8"),
        (".docx", b"PK", "known are .txt, .md"),
        (".pdf", b"%PDF-1.4 cut", "damaged, or no PDF"),
        (".pdf", pdf(""), "its pages are pictures"),
        (".pdf", pdf("Secret.", password="x"), "locked with a password"),
    ],
)
def test_what_cannot_be_read_is_said(ending: str, content: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        read(ending, content)


def test_what_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_BYTES", 10)
    with pytest.raises(DocumentError, match="too large"):
        read(".txt", b"eleven byte")


def test_without_its_package_a_pdf_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(DocumentError, match=r'pip install "xtalk-edge\[pdf\]"'):
        read(".pdf", b"%PDF-1.4")
