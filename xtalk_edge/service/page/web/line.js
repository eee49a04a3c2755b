"use strict";
const $ = id => document.getElementById(id);
const known = {};                 // what the device told, by name
const turns = new Map();          // id -> turn
const rows = new Map();           // id -> its element
const lines = [];                 // events
const MOST_LINES = 1000, MOST_TURNS = 20;
let lastLine = 0, skew = 0, socket = null, wait = 500, spokenTurn = 0;

/* -- small helpers ------------------------------------------------------------------------- */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (name in made) made[name] = value; else made.setAttribute(name, value);
  made.append(...children.filter(child => child !== null && child !== undefined && child !== ""));
  return made;
}
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const tell = text => { $("spoken").textContent = text; };
const mono = () => performance.now() / 1000 + skew;
const clock = at => new Date(Date.now() - (mono() - at) * 1000)
  .toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit"});
const send = message => {
  if (socket && socket.readyState === 1)
    socket.send(message instanceof ArrayBuffer ? message : JSON.stringify(message));
};
function size(bytes) {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (bytes < 1000) return `${bytes < 10 && unit !== "B" ? bytes.toFixed(1) : Math.round(bytes)} ${unit}`;
    bytes /= 1000;
  }
  return `${Math.round(bytes)} TB`;
}
function span(seconds) {
  seconds = Math.max(0, Math.ceil(seconds));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part, i) => i ? String(part).padStart(2, "0") : part).join(":");
}

/* -- the line to the device ---------------------------------------------------------------- */
const inFragment = new URLSearchParams(location.hash.slice(1)).get("token");
if (inFragment) {
  sessionStorage.setItem("token", inFragment);
  history.replaceState(null, "", location.pathname);
}
function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => send({do: "hello", token: sessionStorage.getItem("token") || ""});
  socket.onmessage = ({data}) => data instanceof ArrayBuffer ? player.play(data) : take(JSON.parse(data));
  socket.onclose = ({code, reason}) => gone(code, reason);
}
function gone(code, reason) {
  const wasThere = !document.body.classList.contains("gone");
  document.body.classList.add("gone");
  for (const control of controls) control.disabled = true;
  talk.letGo();
  sound.lost();
  put($("link"), "not connected");
  $("doorway").hidden = code !== 4401;
  if (code === 4401) {
    sessionStorage.removeItem("token");
    $("token").focus();
    banner(reason && reason !== "This device wants to be shown its token." ? reason : "");
    return;
  }
  const refused = code === 4403 || code === 4429 || code === 4503 || code === 1008;
  banner(refused ? reason : "The device is gone. This page looks for it, and goes on when it is back.");
  if (wasThere) tell("The device is gone.");
  wait = refused ? 15000 : Math.min(8000, wait * 1.6);
  setTimeout(connect, wait * (.8 + .4 * Math.random()));
}
function banner(text) { $("banner").hidden = !text; put($("banner"), text); }
$("doorway").onsubmit = event => {
  event.preventDefault();
  sessionStorage.setItem("token", $("token").value.trim());
  $("token").value = "";
  connect();
};

