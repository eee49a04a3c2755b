import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.format import level_db
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.audio.room_acoustics import (
    Convolver,
    convolve,
    noise_loop,
    room_response,
    unit_energy,
)
from xtalk_edge.errors import DeviceError

IMPULSE = np.array([1.0])


def noise(frames, seed=0, top=8000):
    return np.random.default_rng(seed).integers(-top, top, frames).astype(np.int16)


def room(**scene):
    card = RoomCard(RoomScene(**scene))
    card.start(0.0)
    return card


def run_to(card, until_s):
    """Pump every 10 ms, reading as the ear would; return what the microphone heard."""
    heard = []
    for step in range(card.position // 160, round(until_s * 100)):
        card.pump((step + 1) / 100)
        heard.append(card.core.read())
    return heard


def mic_of(heard):
    return np.concatenate([captured.mic for captured in heard])


def delay_at(frame, mic, far):
    """Return by how much `far` is late in the 100 ms of `mic` from `frame` on, in frames."""
    lead = 3000
    piece, played = mic[frame : frame + 1600], far[frame - lead : frame + 1600]
    cross = np.fft.rfft(piece, 8192) * np.conj(np.fft.rfft(played, 8192))
    fine = np.fft.irfft(np.pad(cross, (0, 15 * (len(cross) - 1))))
    return lead - (-np.argmax(fine) % len(fine)) / 16


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2000),
    st.floats(0, 0.3),
    st.lists(st.floats(0.001, 0.1), min_size=1, max_size=20),
)
@pytest.mark.slow
def test_without_echo_and_noise_the_microphone_hears_the_talker(frames, at_s, steps):
    card = room()
    talk = noise(frames)
    said = card.say(talk, 16000, at_s=at_s)
    now_s = 0.0
    for step_s in steps:
        now_s += step_s
        card.pump(now_s)
    card.core.write(noise(500))
    card.pump(2.0)
    mic = card.core.read().mic
    start = round(said.start_s * 16000)
    assert start == round(at_s * 16000)
    assert round(said.end_s * 16000) == start + frames
    assert np.array_equal(mic[start : start + frames], talk)
    assert not mic[:start].any()
    assert not mic[start + frames :].any()


def test_talkers_start_on_the_fly_and_may_overlap():
    card = room()
    run_to(card, 0.1)
    first = card.say(np.full(480, 1000, np.int16), 16000)
    late = card.say(np.full(160, 30, np.int16), 16000, at_s=0.05)
    assert first.start_s == late.start_s == 0.1
    mic = mic_of(run_to(card, 0.2))
    assert np.array_equal(mic[:160], np.full(160, 1030))
    assert np.array_equal(mic[160:480], np.full(320, 1000))


@settings(max_examples=20, deadline=None)
@given(st.floats(-60, -10), st.sampled_from([8000, 16000, 22050, 48000]))
@pytest.mark.slow
def test_talkers_have_the_level_they_are_given(wanted_db, rate_hz):
    card = room()
    tone = 9000 * np.sin(2 * np.pi * 300 * np.arange(rate_hz // 2) / rate_hz)
    said = card.say(tone.astype(np.int16), rate_hz, level_db=wanted_db)
    assert said.end_s == pytest.approx(0.5, abs=1e-3)
    assert level_db(mic_of(run_to(card, 0.5))) == pytest.approx(wanted_db, abs=0.3)


def test_silence_has_no_level_to_change():
    card = room()
    card.say(np.zeros(100, np.int16), 16000, level_db=-20)
    assert not mic_of(run_to(card, 0.1)).any()


@pytest.mark.parametrize("whose", ["scene", "talker"])
def test_a_talker_in_a_room_reverberates(whose):
    response = room_response(0.2, 16000, seed=5)
    card = room(talker_response=response if whose == "scene" else None)
    click = np.zeros(160, np.int16)
    click[0] = 20000
    card.say(click, 16000, response=None if whose == "scene" else response)
    mic = mic_of(run_to(card, 0.3))
    assert np.abs(mic[:3000] - 20000 * response[:3000]).max() <= 0.5
    assert np.array_equal(card.recording()[0][:160], click)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([0.0, -6.0, -20.0]), st.floats(0, 100), st.floats(0, 0.1))
def test_an_impulse_echo_is_the_playback_delayed_and_scaled(echo_db, delay_ms, latency_s):
    card = room(
        echo_db=echo_db,
        echo_delay_ms=delay_ms,
        echo_response=IMPULSE,
        output_latency_s=latency_s,
    )
    card.core.write(noise(3000))
    card.pump(0.5)
    captured = card.core.read()
    delay = card.echo_delay_frames
    wanted = np.rint(captured.far * 10 ** (echo_db / 20)).astype(np.int16)
    assert delay == card.latency_frames + round(delay_ms * 16)
    assert np.array_equal(captured.mic[delay:], wanted[:-delay])
    assert not captured.mic[:delay].any()


def test_the_echo_comes_when_the_core_says_it_is_audible():
    card = room(echo_db=0.0, echo_delay_ms=0.0, echo_response=IMPULSE)
    run_to(card, 0.1)
    card.core.write(np.arange(1, 801, dtype=np.int16))
    heard = run_to(card, 0.2)
    mic = mic_of(heard)
    frame = 1000
    audible = card.core.audible(0.1 + frame / 16000)
    assert abs(int(mic[frame]) - 1 - audible) <= 1


def test_a_made_up_echo_has_its_level_and_tail():
    card = room(echo_db=-12.0, rt60_s=0.3, seed=4)
    card.core.write(noise(16000))
    card.pump(1.5)
    captured = card.core.read()
    echo_db = level_db(captured.mic[4000:16000]) - level_db(captured.far[4000:16000])
    assert echo_db == pytest.approx(-12, abs=1)
    assert captured.mic[16000 + card.echo_delay_frames + 100 :].any()


@pytest.mark.parametrize("drift_ppm", [-400.0, 250.0])
@pytest.mark.slow
def test_drift_moves_the_echo_as_told(drift_ppm):
    card = room(echo_db=0.0, echo_delay_ms=50, echo_response=IMPULSE, drift_ppm=drift_ppm)
    heard = []
    for second in range(8):
        card.core.write(noise(16000, seed=second))
        heard += run_to(card, second + 1)
    mic, far = mic_of(heard), np.concatenate([part.far for part in heard])
    for frame in (16000, 64000, 120000):
        # The delay grew until the middle of the piece was played.
        grown = (frame + 800 - card.echo_delay_frames) * drift_ppm * 1e-6
        wanted = card.echo_delay_frames + grown
        assert delay_at(frame, mic, far) == pytest.approx(wanted, abs=0.6)


def test_drift_that_uses_up_the_delay_only_clicks():
    card = room(echo_db=0.0, echo_delay_ms=0, output_latency_s=0, drift_ppm=-1000)
    card.core.write(noise(32000))
    assert len(mic_of(run_to(card, 2.0))) == 32000


@pytest.mark.parametrize("bed", ["white", "pink", noise(700)])
@pytest.mark.slow
def test_noise_has_its_level_and_goes_on(bed):
    card = room(noise=bed, noise_db=-40.0)
    mic = mic_of(run_to(card, 12.0))
    for second in (0, 11):
        part = mic[second * 16000 : (second + 1) * 16000]
        assert level_db(part) == pytest.approx(-40, abs=1.5)


def test_given_noise_may_keep_its_own_level():
    bed = noise(500)
    card = room(noise=bed)
    assert np.array_equal(mic_of(run_to(card, 0.1)), np.resize(bed, 1600))


def test_too_loud_clips():
    card = room()
    for _ in range(3):
        card.say(np.full(160, -20000, np.int16), 16000)
    assert (mic_of(run_to(card, 0.01)) == -32768).all()


def test_a_scene_is_the_same_every_time():
    def run():
        card = room(noise_db=-50.0, echo_db=-10.0, seed=9, drift_ppm=50)
        card.say(noise(4000), 22050, at_s=0.1)
        card.core.write(noise(8000))
        return mic_of(run_to(card, 0.6))

    assert np.array_equal(run(), run())


def test_dropped_sound_is_a_gap_in_the_core_and_the_room_goes_on():
    card = room()
    talk = noise(8000)
    card.say(talk, 16000)
    run_to(card, 0.1)
    card.drop(0.095)
    heard = run_to(card, 0.5)
    gaps = [gap for captured in heard for gap in captured.gaps]
    assert [(gap.at_frame, gap.frames, gap.reason) for gap in gaps] == [
        (1600, 1600, "input overflow")
    ]
    mic = mic_of(heard)
    assert not mic[:1600].any()
    assert np.array_equal(mic[1600:6400], talk[3200:8000])
    counters = card.core.counters()
    assert counters.device_lost_frames == 1600
    assert (counters.input_overflows, counters.output_underflows) == (1, 1)


def test_delayed_blocks_come_late_and_complete():
    card = room()
    talk = noise(4800)
    card.say(talk, 16000)
    run_to(card, 0.05)
    card.delay(0.1)
    card.pump(0.14)
    assert len(card.core.read().mic) == 0
    card.pump(0.15)
    late = card.core.read()
    assert np.array_equal(late.mic, talk[800:2400])
    assert late.blocks[0].now_s - late.blocks[0].adc_s == pytest.approx(0.1)
    card.pump(0.16)
    assert len(card.core.read().mic) == 160
    assert card.core.counters().device_lost_frames == 0


def test_a_delay_longer_than_the_backlog_ends_too():
    card = room()
    card.delay(4.0)
    card.pump(3.9)
    assert card.position == 0
    card.pump(4.1)
    assert card.position == 48000


def test_unplugged_it_ends_and_cannot_start_until_replugged():
    card = room()
    card.say(noise(32000), 16000)
    run_to(card, 0.1)
    card.unplug()
    assert card.ended() == "the device was unplugged"
    card.pump(0.5)
    assert card.position == 1600
    with pytest.raises(DeviceError, match="unplugged"):
        card.start(0.5)
    card.replug()
    assert card.ended() == "the device was unplugged"
    card.start(1.1)
    card.pump(1.2)
    captured = card.core.read()
    assert [(gap.at_frame, gap.frames) for gap in captured.gaps] == [(1600, 16000)]
    assert np.array_equal(captured.mic[16000:], noise(32000)[17600:19200])
    said, played = card.recording()
    assert len(said) == len(played) == 19200


def test_a_script_may_have_an_end():
    card = room(lasts_s=0.2)
    run_to(card, 0.19)
    assert card.ended() is None
    run_to(card, 0.5)
    assert card.ended() == "the script is over"
    assert card.position == 3200


def test_the_recording_is_aligned_as_heard():
    card = room(echo_db=-6.0, noise_db=-60.0)
    talk, reply = noise(1600, seed=1), noise(1600, seed=2)
    card.say(talk, 16000, at_s=0.05)
    run_to(card, 0.2)
    card.core.write(reply)
    run_to(card, 0.5)
    card.close()
    said, played = card.recording()
    assert len(said) == len(played) == 8000
    assert np.array_equal(said[800:2400], talk)
    audible = 3200 + card.latency_frames
    assert np.array_equal(played[audible : audible + 1600], reply)
    assert np.count_nonzero(said) + np.count_nonzero(played) <= 3200


def test_a_long_run_need_not_be_recorded():
    card = room(record=False)
    run_to(card, 0.1)
    assert [len(part) for part in card.recording()] == [0, 0]


def test_other_rates_and_blocks_work():
    card = room(rate_hz=48000, block_ms=5, echo_db=-3.0, echo_response=IMPULSE)
    talk = noise(4800)
    card.say(talk, 48000)
    card.pump(0.1)
    assert np.array_equal(card.core.read().mic, talk)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 700), st.sampled_from([16, 160]), st.integers(0, 12), st.integers(0, 99))
def test_block_convolution_is_convolution(taps, block, blocks, seed):
    random = np.random.default_rng(seed)
    response, sound = random.standard_normal(taps), random.standard_normal(blocks * block)
    convolver = Convolver(response, block)
    out = [convolver.process(sound[i : i + block]) for i in range(0, len(sound), block)]
    wanted = np.convolve(sound, response)[: len(sound)] if blocks else np.empty(0)
    assert np.allclose(np.concatenate([np.empty(0), *out]), wanted, atol=1e-9)
    if blocks:
        assert np.allclose(convolve(sound, response), np.convolve(sound, response), atol=1e-9)


def test_a_room_response_decays_by_60_db_in_its_time():
    response = room_response(0.5, 16000, seed=1)
    assert np.sum(response**2) == pytest.approx(1)
    assert np.argmax(np.abs(response)) == 0
    early, late = response[800:1600], response[6400:7200]
    fall_db = 10 * np.log10(np.sum(early**2) / np.sum(late**2))
    assert fall_db == pytest.approx(60 * 0.35 / 0.5, abs=3)


def test_a_dead_room_has_a_response_too():
    assert np.isfinite(room_response(0.0, 16000, seed=1)).all()


@pytest.mark.parametrize("response", [[], [0.0, 0.0], [np.nan]])
def test_a_silent_response_is_refused(response):
    with pytest.raises(ValueError, match="not 0"):
        unit_energy(np.array(response))


def test_pink_noise_falls_with_frequency():
    power = np.abs(np.fft.rfft(noise_loop("pink", 16000, 0))) ** 2
    low, high = power[1000:2000].sum(), power[2000:4000].sum()
    assert low == pytest.approx(high, rel=0.15)
    with pytest.raises(ValueError, match="brown"):
        noise_loop("brown", 16000, 0)


def test_noise_goes_on_for_ever() -> None:
    room = RoomCard(RoomScene(noise_db=-40.0, record=False))
    period = len(room._noise)
    first = room._microphone(0)
    assert first.any()
    assert np.array_equal(room._microphone(10**6 * period), first)
    assert np.array_equal(room._microphone(period - 80)[80:], first[:80])


def test_a_card_that_stalls_gives_nothing_and_no_reason_until_it_is_opened_anew():
    card = room(noise_db=-40.0)
    run_to(card, 0.5)
    card.stall()
    assert len(mic_of(run_to(card, 1.0))) == 0
    assert (card.works, card.ended()) == (False, None)
    card.renew(1.0)
    assert card.works
    heard = run_to(card, 1.5)
    assert [gap.frames for each in heard for gap in each.gaps] == [8_000]


def test_a_frozen_microphone_gives_one_block_again_and_again_until_it_is_opened_anew():
    card = room(noise_db=-40.0)
    last = mic_of(run_to(card, 0.5))[-160:]
    card.freeze()
    frozen = mic_of(run_to(card, 1.0)).reshape(-1, 160)
    assert (frozen == last).all()
    assert not card.works
    card.renew(1.0)
    assert not (mic_of(run_to(card, 1.1)).reshape(-1, 160) == last).all()


def test_a_loudspeaker_that_stalls_takes_nothing_while_the_microphone_goes_on():
    card = room()
    card.core.write(noise(1_600))
    card.stall_loudspeaker()
    heard = run_to(card, 0.5)
    assert len(mic_of(heard)) == 8_000
    assert not any(each.far.any() for each in heard)
    assert (card.core.consumed, card.works) == (0, False)
    card.renew(0.5)
    far = np.concatenate([each.far for each in run_to(card, 1.0)])
    assert card.core.consumed == 1_600
    assert np.array_equal(far[:1_600], noise(1_600))
