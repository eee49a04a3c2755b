/* -- timers, engines ----------------------------------------------------------------------- */
function showTimers(told) {
  const found = told.map(each => el("li", {}, el("span", {}, each.title || each.kind,
      each.repeat ? el("span", {className: "quiet small"}, ` ${each.repeat}`) : ""),
    each.ends === undefined
      ? el("span", {className: "number"}, `${each.at}${each.day ? `, ${new Date(`${each.day}T12:00`).toLocaleDateString([], {weekday: "short", day: "numeric", month: "short"})}` : ""}`)
      : el("span", {className: "number", "data-ends": each.ends, role: "timer"}, span(each.ends - mono()))));
  if (!found.length) found.push(el("li", {}, el("span", {className: "quiet"}, "None.")));
  $("timers").replaceChildren(...found);
}
setInterval(() => {
  for (const left of document.querySelectorAll("[data-ends]")) put(left, span(left.dataset.ends - mono()));
}, 500);

const SLOTS = {
  echo: "echo canceller", enhancer: "noise", wake: "wake word", vad: "voice activity", stop_word: "stop word",
  asr: "recogniser", tts: "voice", turn_detector: "turn detector", embeddings: "meaning",
};
function showEngines() {
  const isEar = each => Number(each.where === "ear");
  const told = [...known.engines || []].sort((one, other) => isEar(other) - isEar(one)), load = known.load || {}, percent = load.percent || {};
  const shown = new Set();
  const found = told.map(each => {
    const first = !shown.has(each.where), share = percent[each.where];
    shown.add(each.where);
    const cost = each.where === "ear" ? (first && share !== undefined ? `ears ${share} %` : "") : share !== undefined ? `${share} %` : "";
    return el("li", {}, el("span", {}, each.type, el("span", {className: "quiet small"},
      ` ${SLOTS[each.slot] || each.slot.replace("_", " ")}${each.runs === "process" ? ", own process" : ""}`)),
      el("span", {className: "number quiet"}, cost));
  });
  $("engines").replaceChildren(...found);
  const all = Object.values(percent).reduce((sum, each) => sum + each, 0);
  put($("load"), load.trouble || (load.percent ? [`${all.toFixed(1)} % of one core in all`, `${Math.round(load.memory_mb)} MB`,
    load.temperature_c === null || load.temperature_c === undefined ? "" : `${Math.round(load.temperature_c)} °C`].filter(Boolean).join(" · ") : "Being measured."));
}

/* -- events -------------------------------------------------------------------------------- */
function isWanted(line) {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean), group = $("group").value;
  if (group && line.group !== group) return false;
  const text = `${line.name} ${line.text} turn ${line.turn}`.toLowerCase();
  return words.every(word => text.includes(word));
}
const lineRow = line => el("li", {}, el("span", {className: "quiet"}, `${clock(line.at)} ${line.turn || "·"} `),
  el("b", {}, line.name), line.text ? ` ${line.text}` : "");
function showEvents(told) {
  const log = $("log"), wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const fresh = told.filter(line => line.n > lastLine);
  for (const line of fresh) {
    lastLine = line.n;
    lines.push(line);
    if (![...$("group").options].some(option => option.value === line.group))
      $("group").append(el("option", {value: line.group}, line.group));
  }
  if (lines.length > MOST_LINES) lines.splice(0, lines.length - MOST_LINES);
  if ($("still").checked) return;
  log.append(...fresh.filter(isWanted).map(lineRow));
  while (log.children.length > MOST_LINES) log.firstChild.remove();
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}
function showLog() {
  $("log").replaceChildren(...lines.filter(isWanted).map(lineRow));
  $("log").scrollTop = $("log").scrollHeight;
}
$("filter").oninput = $("group").onchange = showLog;
$("still").onchange = () => { if (!$("still").checked) showLog(); };

