import numpy as np
import pytest

from xtalk_edge.audio.paced import MOST_BACKLOG_S
from xtalk_edge.audio.sound_file import read_sound, write_wav
from xtalk_edge.audio.wav import WavCard
from xtalk_edge.errors import DeviceError


@pytest.fixture
def speech(tmp_path):
    samples = np.random.default_rng(3).integers(-9000, 9000, 4000).astype(np.int16)
    write_wav(tmp_path / "in.wav", samples, 16000)
    return samples


@pytest.fixture
def card_on(tmp_path, speech):
    cards = []

    def start(**options):
        card = WavCard(tmp_path / "in.wav", tmp_path / "out.wav", **options)
        card.start(100.0)
        cards.append(card)
        return card

    yield start
    for card in cards:
        card.abort()


def test_the_microphone_hears_the_file_then_silence(card_on, speech):
    card = card_on()
    card.pump(100.4)
    heard = card.core.read()
    assert heard.at_frame == 0
    assert heard.gaps == ()
    assert np.array_equal(heard.mic[:4000], speech)
    assert len(heard.mic) == 6400
    assert not heard.mic[4000:].any()


@pytest.mark.parametrize("steps", [1, 7, 40, 333])
def test_only_the_clock_paces_it(card_on, steps):
    card = card_on()
    for i in range(steps + 1):
        card.pump(100.0 + 0.2 * i / steps)
    assert len(card.core.read().mic) == 3200
    card.pump(100.1)
    card.pump(100.209)
    assert len(card.core.read().mic) == 0


def test_block_times_follow_the_start(card_on):
    card = card_on()
    card.pump(100.05)
    blocks = card.core.read().blocks
    assert [block.adc_s for block in blocks] == pytest.approx([100 + 0.01 * i for i in range(5)])
    assert [block.dac_s - block.adc_s for block in blocks] == pytest.approx([card.latency_s] * 5)


def test_nothing_moves_before_the_start(tmp_path, speech):
    card = WavCard(tmp_path / "in.wav")
    card.pump(5.0)
    assert card.ended() is None
    assert card.position == 0


def test_it_ends_when_the_file_is_over_and_goes_on_in_silence(card_on):
    card = card_on()
    card.pump(100.24)
    assert card.ended() is None
    card.pump(100.25)
    assert card.ended() == "the file is over"
    card.pump(100.5)
    assert card.position == 8000


def test_what_is_played_is_written_where_it_was_audible(card_on, tmp_path):
    card = card_on()
    card.pump(100.1)
    reply = np.arange(1, 801, dtype=np.int16)
    card.core.write(reply)
    card.pump(100.3)
    card.close()
    card.close()
    out = read_sound(tmp_path / "out.wav").samples
    audible = 1600 + card.latency_frames
    assert np.array_equal(out[audible : audible + 800], reply)
    assert not out[:audible].any()
    assert card.core.audible(100.0 + audible / 16000 + 0.025) == pytest.approx(400, abs=1)


def test_an_aborted_run_leaves_no_file(card_on, tmp_path):
    card = card_on()
    card.pump(100.2)
    card.abort()
    card.close()
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


def test_without_an_output_nothing_is_written(tmp_path, speech):
    for end in (WavCard.close, WavCard.abort):
        card = WavCard(tmp_path / "in.wav")
        card.start(0.0)
        card.pump(0.1)
        end(card)
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


def test_a_stall_is_caught_up_in_steps(card_on):
    card = card_on()
    card.pump(110.0)
    assert card.position == MOST_BACKLOG_S * 16000
    for _ in range(3):
        card.pump(110.0)
    assert card.position == 160000


def test_a_second_start_goes_on_where_the_clock_is(card_on, tmp_path, speech):
    card = card_on()
    card.pump(100.1)
    card.start(100.2)
    card.pump(100.25)
    assert card.position == 4000
    assert np.array_equal(card.core.read().mic[-800:], speech[3200:])
    card.close()
    assert len(read_sound(tmp_path / "out.wav").samples) == 4000 + card.latency_frames


def test_the_file_is_brought_to_the_rate_of_the_card(card_on):
    card = card_on(rate_hz=48000, block_ms=5)
    assert card.block_frames == 240
    card.pump(100.25)
    assert len(card.core.read().mic) == 12000
    assert card.ended() == "the file is over"


def test_impossible_files_are_refused_at_the_start(tmp_path, speech):
    with pytest.raises(DeviceError, match="no such file"):
        WavCard(tmp_path / "none.wav").start(0.0)
    with pytest.raises(DeviceError, match="cannot be written"):
        WavCard(tmp_path / "in.wav", tmp_path / "none" / "out.wav").start(0.0)
