"""Devices and screens that come and go in a call: T44 unplugged and switched, T45 refused by the system, T46 taken by a phone call,
T47 the screen, T49 both call at once; and what each side reads about it."""

from __future__ import annotations

import pytest

from .conftest import House
from .people import Human, until
from .test_call import Come, both_receive, let_in

NO_CAMERA = """() => {
  const media = navigator.mediaDevices;
  const real = media.getUserMedia.bind(media);
  window.unplugged = false;
  media.getUserMedia = (wanted) => window.unplugged && wanted.video
    ? Promise.reject(new DOMException('Requested device not found', 'NotFoundError')) : real(wanted);
}"""
OVERLOOKED = """() => {
  const media = navigator.mediaDevices;
  const real = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    await new Promise((done) => { window.answer = done; });
    return real(wanted);
  };
}"""
GONE = """() => {
  const media = navigator.mediaDevices;
  const real = media.getUserMedia.bind(media);
  media.getUserMedia = (wanted) => wanted.video?.deviceId
    ? Promise.reject(new DOMException('Requested device not found', 'OverconstrainedError')) : real(wanted);
}"""
SAID = """() => {
  window.saidOfLine = [];
  const strip = document.querySelector('[data-line-words]');
  new MutationObserver(() => window.saidOfLine.push(strip.textContent)).observe(strip, {childList: true, characterData: true, subtree: true});
}"""
TRACK = """(kind) => {
  const video = document.querySelector('[data-self]');
  return video.srcObject.getTracks().find((one) => one.kind === kind);
}"""
SCREEN = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = 640; canvas.height = 360;
  const pen = canvas.getContext('2d');
  let n = 0;
  window.setInterval(() => {
    pen.fillStyle = '#2030ff'; pen.fillRect(0, 0, 640, 360);
    pen.fillStyle = '#ffffff'; pen.fillRect((n += 20) % 600, 100, 40, 40);
  }, 60);
  navigator.mediaDevices.getDisplayMedia = async () => {
    const stream = canvas.captureStream(15);
    window.screenTrack = stream.getVideoTracks()[0];
    return stream;
  };
}"""
COLOUR = """() => {
  const canvas = new OffscreenCanvas(8, 8), pen = canvas.getContext('2d');
  pen.drawImage(document.querySelector('[data-other]'), 0, 0, 8, 8);
  return [...pen.getImageData(1, 6, 1, 1).data];
}"""


def blue(one: Human) -> bool:
    red, green, blueness, _alpha = one.page.evaluate(COLOUR)
    return bool(blueness > 150 and red < 110 and green < 120)


@pytest.fixture
def call(house: House, human: Come) -> tuple[Human, Human]:
    """Amal and Inés in a call that carries sound and picture both ways."""
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    amal.context.add_init_script(f"({NO_CAMERA})()")
    amal.context.add_init_script(f"({SCREEN})()")
    let_in(amal, ines, house.meeting())
    both_receive(amal, ines)
    return amal, ines


def test_a_camera_that_is_unplugged_comes_back_by_itself(call: tuple[Human, Human]) -> None:
    amal, ines = call
    amal.page.evaluate(SAID)
    amal.page.evaluate(f"""() => {{
      window.unplugged = true;
      const track = ({TRACK})('video');
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }}""")
    until("Inés reads that there is no camera", lambda: "Amal Mansour has no camera on" in ines.reads("[data-nobody]"))
    until("Amal reads what is wrong", lambda: "find no camera" in amal.reads("[data-line-words]"))
    until("Amal's button says so", lambda: amal.page.get_by_role("button", name="Camera, off").is_visible())
    amal.page.wait_for_timeout(14_000)
    said = [text for text in amal.page.evaluate("() => window.saidOfLine") if "find no camera" in text]
    assert len(said) == 1, "it is tried again and again, and told once"
    amal.page.evaluate("""() => {
      window.unplugged = false;
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    }""")
    both_receive(*call)
    until("Amal reads that it is back", lambda: "The camera is back" in amal.reads("[data-line-words]"))


def test_a_microphone_that_a_phone_call_takes_is_opened_again(call: tuple[Human, Human]) -> None:
    amal, ines = call
    old = amal.page.evaluate(f"() => ({TRACK})('audio').id")
    amal.page.evaluate(f"() => ({TRACK})('audio').dispatchEvent(new Event('mute'))")
    until("another track carries the sound", lambda: amal.page.evaluate(f"() => ({TRACK})('audio').id") != old)
    until("Amal reads that it is back", lambda: "The microphone is back" in amal.reads("[data-line-words]"))
    both_receive(*call)
    assert ines.in_call


@pytest.mark.soak
def test_the_other_microphone_is_used_when_it_becomes_the_usual_one(call: tuple[Human, Human]) -> None:
    amal, _ines = call
    old = amal.page.evaluate(f"() => ({TRACK})('audio').id")
    amal.page.evaluate("""() => {
      const real = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
      navigator.mediaDevices.enumerateDevices = async () => (await real()).map((one) =>
        one.deviceId === 'default' ? {...one.toJSON(), groupId: 'a headset'} : one);
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    }""")
    until("another track carries the sound", lambda: amal.page.evaluate(f"() => ({TRACK})('audio').id") != old)
    assert "The microphone has changed" in amal.reads("[data-line-words]")
    both_receive(*call)


def test_the_screen_is_shown_and_ended_by_the_browser_s_own_bar(call: tuple[Human, Human]) -> None:
    amal, ines = call
    for ends_by in ("the bar", "the button"):
        amal.page.get_by_role("button", name="Show screen, off").click()
        until("Inés sees the screen", lambda: blue(ines))
        until("Inés reads so", lambda: "Amal Mansour shows the screen" in ines.reads("[data-they-share]"))
        assert "You show your screen" in amal.reads("[data-i-share]")
        if ends_by == "the bar":
            amal.page.evaluate(
                "() => { window.screenTrack.stop(); window.screenTrack.dispatchEvent(new Event('ended')); }"
            )
        else:
            amal.page.get_by_role("button", name="Show screen, on").click()
        until("Inés sees Amal again", lambda: not blue(ines))
        until("nothing is shown any more", lambda: ines.reads("[data-they-share]") == "")
        both_receive(*call)


def test_sound_only_saving_data_and_what_it_costs(call: tuple[Human, Human]) -> None:
    amal, ines = call
    amal.page.get_by_role("button", name="More", exact=True).click()
    until("megabytes are told", lambda: "MB" in amal.reads("[data-used]"))
    amal.page.locator("#quality").select_option("audio")
    until("Inés reads that there is no camera", lambda: "Amal Mansour has no camera on" in ines.reads("[data-nobody]"))
    amal.page.locator("#saver").check()
    before = ines.incoming()["bytes"]
    ines.page.wait_for_timeout(3000)
    after = ines.incoming()["bytes"]
    assert after["audio"] > before["audio"], "the sound goes on"
    assert after["video"] == before["video"], "no picture costs anything"
    assert (after["audio"] - before["audio"]) * 8 / 3 < 60_000, "bits a second: U-07"
    amal.page.locator("[data-camera]").click()
    assert amal.page.locator("#quality").input_value() == "", "who wants to be seen has changed their mind"
    both_receive(*call)
    amal.page.locator("#quality").select_option("text")
    ines.page.wait_for_timeout(4000)
    assert "too weak" not in amal.reads("[data-line-words]"), "it was chosen"
    amal.page.get_by_role("button", name="Show screen, off").click()
    until("Inés sees the screen", lambda: blue(ines))


@pytest.mark.soak
def test_a_question_for_the_camera_that_nobody_answers_holds_nobody_back(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    ines.context.add_init_script(f"({OVERLOOKED})()")
    let_in(amal, ines, house.meeting())
    until("Inés receives already", lambda: ines.incoming()["frames"] > 10)
    assert ines.page.evaluate("() => Boolean(window.answer)"), "the question still stands"
    ines.page.evaluate("() => window.answer()")
    both_receive(amal, ines)


@pytest.mark.soak
def test_a_remembered_camera_that_is_gone_is_replaced_by_any_other(call: tuple[Human, Human]) -> None:
    amal, ines = call
    amal.page.locator("[data-camera]").click()
    until("the camera is off", lambda: "no camera on" in ines.reads("[data-nobody]"))
    amal.page.evaluate(GONE)
    amal.page.get_by_role("button", name="More", exact=True).click()
    amal.page.locator("#call-camera").select_option(index=0)
    both_receive(*call)


@pytest.mark.soak
def test_both_call_at_once(house: House, human: Come) -> None:
    """T49: two that begin anew in the same moment, again and again, meet."""
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    let_in(amal, ines, house.meeting())
    both_receive(amal, ines)
    again = """async () => {
      const scene = await import(document.querySelector('script[src*="call.js"]').src.replace('call.js', 'scene.js'));
      void scene.now.peer.build();
    }"""
    for _time in range(3):
        for one in (amal, ines):
            one.page.evaluate(again)
        both_receive(amal, ines)


def test_a_camera_that_the_system_forbids_says_another_thing_than_one_that_was_refused(
    house: House, human: Come
) -> None:
    amal = human("Amal Mansour")
    amal.context.add_init_script("""navigator.mediaDevices.getUserMedia = (wanted) => Promise.reject(
      new DOMException(wanted.video && wanted.audio ? 'x' : 'Permission denied by system', 'NotAllowedError'));""")
    amal.open(house.meeting())
    until(
        "the device's settings", lambda: "does not let the browser use the camera" in amal.reads("[data-said=camera]")
    )
