/* -- what the device tells ----------------------------------------------------------------- */
function take(told) {
  if (told.now !== undefined) skew = told.now - performance.now() / 1000;
  if (told.whole) begin();
  if (told.trouble) { put($("trouble"), told.trouble); return; }
  if (told.mine !== undefined) { sound.mine(told.mine); return; }
  Object.assign(known, told);
  for (const gone of told.gone || []) { turns.delete(gone); rows.get(gone)?.remove(); rows.delete(gone); }
  if (told.turns) showTurns(told.turns);
  if (told.events) showEvents(told.events);
  for (const [name, show] of Object.entries(shows)) if (name in told) show(known[name]);
  if ("floor" in told || "muted" in told || "turns" in told || "card" in told || told.whole) showNow();
}
function begin() {
  for (const name of Object.keys(known)) delete known[name];
  turns.clear(); rows.clear(); $("turns").replaceChildren();
  lines.length = 0; lastLine = 0; $("log").replaceChildren();
  for (const [name, empty] of Object.entries({timers: [], history: [], health: {}, engines: []})) shows[name](empty);
  wait = 500;
  document.body.classList.remove("gone");
  for (const control of controls) control.disabled = false;
  $("doorway").hidden = true;
  banner(""); put($("link"), "connected"); put($("trouble"), "");
}
const shows = {
  about(about) {
    put($("name"), about.name); put($("version"), `xtalk_edge ${about.version}`);
    document.title = `${about.name}: xtalk_edge`;
  },
  levels(levels) {
    for (const [name, db] of Object.entries(levels)) {
      const meter = $(`m-${name}`);
      meter.value = db;
      put(meter.nextElementSibling, db <= -100 ? "silent" : `${db} dB`);
    }
    const loud = document.body.dataset.floor === "speaking" ? levels.played : levels.clean;
    const size = 1 + .35 * Math.max(0, Math.min(1, (loud + 60) / 48));
    $("orb").style.setProperty("--size", known.floor === "listening" || known.floor === "speaking" ? size : 1);
  },
  muted(reasons) {
    const was = $("mute").getAttribute("aria-pressed") === "true", is = reasons.length > 0;
    $("mute").setAttribute("aria-pressed", is);
    put($("mute"), is ? "Microphone is muted" : "Mute microphone");
    if (was !== is) { tell(is ? "The microphone is muted." : "The microphone is on."); put($("trouble"), ""); }
  },
  volume(percent) {
    if (document.activeElement !== $("volume") || !volumeMoves) $("volume").value = percent;
    put($("volume-shown"), `${percent} %`);
  },
  button: () => talk.label(),
  sound(told) { $("here").hidden = !told.here; talk.label(); },
  timers: showTimers,
  health(checks) {
    const found = Object.entries(checks).map(([name, check]) => el("li", {},
      el("span", {}, name, el("span", {className: "quiet small"}, ` ${check.detail}`)),
      el("span", {className: check.healthy ? "good small" : "bad small"}, check.healthy ? "well" : "not well")));
    if (!found.length) found.push(el("li", {}, el("span", {className: "quiet"}, "Nothing is wrong that is known.")));
    $("health").replaceChildren(...found);
  },
  history(told) {
    const found = [...told].reverse().map(line => el("li", {},
      el("span", {className: line.mood === "bad" ? "bad" : ""}, line.text),
      el("time", {className: "number quiet"}, clock(line.at))));
    if (!found.length) found.push(el("li", {}, el("span", {className: "quiet"}, "Nothing yet.")));
    $("history").replaceChildren(...found);
  },
  egress(told) {
    const sent = told.sent || [];
    put($("border"), told.trouble || (told.offline ? "It is offline because its owner said so: nothing may leave."
      : told.allowed && told.allowed.length ? `Allowed to leave where a server is named: ${told.allowed.join(", ")}.` : "Nothing may leave."));
    const found = sent.map(each => el("li", {}, el("span", {}, each.host),
      el("span", {className: "quiet small"}, each.kind), el("span", {className: "number"}, size(each.bytes))));
    if (!found.length) found.push(el("li", {}, el("span", {}, "Nothing.")));
    $("egress").replaceChildren(...found);
  },
  engines: showEngines,
  load: showEngines,
};

const STATES = {
  asleep: "Asleep", attending: "Ready", listening: "Listening", thinking: "Thinking",
  speaking: "Speaking", muted: "Muted",
};
function showNow() {
  const muted = (known.muted || []).length > 0, lost = known.card && known.card.lost;
  const hears = ["asleep", "attending", "listening"].includes(known.floor);
  const state = muted && hears ? "muted" : known.floor || "asleep";
  $("now").dataset.state = state;
  document.body.dataset.floor = known.floor || "";
  put($("state"), STATES[state] || state);
  put($("hint"), lost ? `There is no sound: ${lost}` : muted ? "It hears nothing, and nobody else does through it."
    : {asleep: (known.about || {}).wakes || "", attending: "You may speak."}[state] || "");
  const isOn = known.floor !== "asleep" && known.floor !== "attending";
  const open = isOn ? [...turns.values()].filter(turn => !turn.over && !turn.ignored).reverse() : [];
  put($("heard"), open[0]?.heard || "");
  put($("saying"), open.find(turn => turn.audible)?.said || "");
}

