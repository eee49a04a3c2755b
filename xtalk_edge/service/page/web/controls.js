/* -- controls ------------------------------------------------------------------------------ */
const controls = ["talk", "mute", "stop", "ask", "say", "volume", "sound"].map($);
$("mute").onclick = () => send({do: "mute", on: $("mute").getAttribute("aria-pressed") !== "true"});
$("stop").onclick = () => send({do: "stop"});
function words(what) {
  const text = $("text").value.trim();
  put($("trouble"), "");
  if (text) { send({do: what, text}); $("text").value = ""; }
  $("text").focus();
}
$("words").onsubmit = event => { event.preventDefault(); words("ask"); };
$("say").onclick = () => words("say");
let volumeMoves = null;
$("volume").oninput = () => {
  put($("volume-shown"), `${$("volume").value} %`);
  clearTimeout(volumeMoves);
  volumeMoves = setTimeout(() => { volumeMoves = null; send({do: "volume", percent: Number($("volume").value)}); }, 120);
};

// Held down while speaking where the device, or this page, wants it so; else tapped.
const talk = {
  held: false,
  by: "",
  get isHold() { return known.button === "hold" || (known.sound || {}).here; },
  label() { put($("talk"), talk.held ? "Let go when you have finished" : talk.isHold ? "Hold to talk" : "Tap to talk"); },
  async press(by) {
    if (talk.held) return;
    talk.held = true;
    talk.by = by;
    put($("trouble"), "");
    $("talk").classList.add("held");
    if ((known.sound || {}).here && !(await sound.begin())) { talk.letGo(); return; }
    if (!talk.held) return;
    send({do: "press"});
    sound.open(true);
    if (talk.isHold) talk.label(); else talk.letGo();
  },
  letGo() {
    if (!talk.held) return;
    talk.held = false;
    $("talk").classList.remove("held");
    sound.open($("open-mic").checked);
    send({do: "release"});
    talk.label();
  },
};
const button = $("talk");
let byHand = false;
button.addEventListener("pointerdown", event => { if (event.button === 0) { byHand = true; button.setPointerCapture(event.pointerId); talk.press("pointer"); } });
for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, () => talk.letGo());
button.addEventListener("keydown", event => {
  if (event.key === " " || event.key === "Enter") { event.preventDefault(); byHand = true; if (!event.repeat) talk.press("key"); }
});
button.addEventListener("keyup", event => { if (event.key === " " || event.key === "Enter") { event.preventDefault(); talk.letGo(); } });
// The key is let go elsewhere; a pointer that is captured is not.
button.addEventListener("blur", () => { if (talk.by === "key") talk.letGo(); });
button.addEventListener("contextmenu", event => event.preventDefault());
// A screen reader only clicks: once to begin, once to end.
button.addEventListener("click", () => {
  if (byHand) { byHand = false; return; }
  if (talk.held) talk.letGo(); else talk.press("click");
});

