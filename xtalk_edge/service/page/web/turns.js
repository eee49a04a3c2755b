/* -- turns --------------------------------------------------------------------------------- */
const STAGES = {
  endpoint_wait_ms: "Sure you had finished", asr_final_ms: "Your words as text",
  llm_first_token_ms: "First word of the answer", llm_sentence_ms: "First clause",
  tts_first_chunk_ms: "First sound", audible_ms: "To the loudspeaker",
};
function showTurns(told) {
  for (const turn of told) {
    turns.set(turn.id, turn);
    const row = turnRow(turn), before = rows.get(turn.id);
    if (before) {
      const isOpen = before.querySelector("details")?.open;
      const details = row.querySelector("details");
      if (details && isOpen) details.open = true;
      before.replaceWith(row);
    } else $("turns").prepend(row);
    rows.set(turn.id, row);
    if (turn.over && turn.id > spokenTurn && turn.said) {
      spokenTurn = turn.id;
      tell(turn.heard ? `You: ${turn.heard}. Device: ${turn.said}` : turn.said);
    }
  }
  while (turns.size > MOST_TURNS) {
    const oldest = turns.keys().next().value;
    turns.delete(oldest); rows.get(oldest)?.remove(); rows.delete(oldest);
  }
  $("no-turns").hidden = turns.size > 0;
}
function turnRow(turn) {
  const from = {heard: turn.who || "You", typed: "You, in writing", announced: ""}[turn.kind] || "";
  const heard = turn.heard || (turn.sure ? "not understood" : "…");
  const first = turn.kind === "announced" ? null : el("p", {className: turn.ignored ? "you ignored" : "you"},
    el("span", {className: "quiet small from"}, `${from} · ${clock(turn.began)}`), heard,
    turn.ignored && turn.heard ? el("span", {className: "quiet small"}, " (not for the device)") : "");
  const answer = turn.said ? el("p", {className: "device"},
    turn.kind === "announced" ? el("span", {className: "quiet small from"}, `By itself · ${clock(turn.began)}`) : "",
    turn.side === "server" ? el("span", {className: "quiet small"}, "From the server: ") : "", turn.said,
    turn.end && turn.end !== "said" ? el("span", {className: "cut small"}, ` — ${turn.end}`) : "") : null;
  const tools = turn.tools.map(tool => el("p", {className: "tools"},
    `${tool.name}${tool.args ? ` · ${tool.args}` : ""}${tool.ok === false ? " · failed" : ""}`));
  return el("li", {"data-turn": turn.id}, first, ...tools, answer,
    turn.trouble ? el("p", {className: "bad small"}, turn.trouble) : null, track(turn), fall(turn));
}
function track(turn) {
  const heardUntil = turn.ended || turn.began, saidFrom = turn.audible, over = turn.over;
  if (!saidFrom || !over) return null;
  const parts = [["t-you", turn.began, heardUntil], ["t-think", heardUntil, saidFrom], ["t-answer", saidFrom, over]];
  const whole = over - turn.began || 1;
  const bar = el("div", {className: "track", role: "img", "aria-label":
    `You ${(heardUntil - turn.began).toFixed(1)} s, thinking ${(saidFrom - heardUntil).toFixed(1)} s, answer ${(over - saidFrom).toFixed(1)} s`});
  for (const [name, start, end] of parts) {
    const piece = el("i", {className: name});
    piece.style.flex = `${Math.max(0, end - start) / whole} 0 0`;
    bar.append(piece);
  }
  return bar;
}
function fall(turn) {
  const total = turn.stages.voice_to_voice_ms;
  if (!total) return null;
  let at = 0;
  const steps = Object.entries(STAGES).filter(([name]) => turn.stages[name] !== null && turn.stages[name] !== undefined)
    .map(([name, label]) => {
      const ms = turn.stages[name], piece = el("i");
      piece.style.left = `${Math.min(100, 100 * at / total)}%`;
      piece.style.width = `${Math.min(100, 100 * ms / total)}%`;
      at += ms;
      return el("li", {}, el("span", {}, label), el("span", {className: "bar", "aria-hidden": "true"}, piece),
        el("span", {className: "number"}, `${Math.round(ms)} ms`));
    });
  return el("details", {}, el("summary", {}, `answered ${Math.round(total)} ms after the end of speech`),
    el("ol", {className: "fall"}, ...steps));
}

