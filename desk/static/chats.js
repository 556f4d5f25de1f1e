// The live desk: swaps the regions that the server pushes, and keeps what somebody types, focuses and reads.

import { offerCanned } from "./canned.js";
import { follow } from "./composer.js";
import { isInUse, typedIn, wouldLose } from "./matters.js";

const desk = document.querySelector("#live-desk");
const words = desk.dataset;
const region = (name) => document.querySelector(`#region-${name}`);
const PATIENCE = 3000; // ms until a lost connection is told
const HERE = 10_000;
const TYPING = 3000;
const skew = new Date(words.now) - Date.now();
const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const title = document.title;
const waiting = new Map(); // regions that are in use just now: name -> html

// --- regions ---------------------------------------------------------------------------------------------------

function swap(name, html) {
  const node = region(name);
  if (!node) return;
  if (isInUse(node) || wouldLose(node, html)) {
    waiting.set(name, html);
    return;
  }
  waiting.delete(name);
  const focused = node.contains(document.activeElement) ? document.activeElement.id : "";
  const scroller = name === "talk" ? document.querySelector("#scroller") : null;
  const wasAtEnd = scroller && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  const keep = typedIn(node);
  node.innerHTML = html;
  keep();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (wasAtEnd) scroller.scrollTop = scroller.scrollHeight;
  if (name === "talk") announce();
  if (name === "state") follow();
  dress();
}

// A click counts only if its button stays where it is until the pointer is up.
for (const name of ["focusout", "pointerup", "pointercancel", "input", "settled"]) {
  document.addEventListener(name, () => setTimeout(() => [...waiting].forEach(([region, html]) => swap(region, html))));
}

/** What the page adds to the server's HTML: ticking clocks, the count in the title, buttons that need a script. */
function dress() {
  const unread = Number(document.querySelector("[data-unread]")?.dataset.unread ?? 0);
  const queued = Number(document.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
  document.title = `${unread ? `(${unread}) ` : ""}${queued ? `[${queued}] ` : ""}${title}`;
  for (const button of document.querySelectorAll("[data-insert]")) button.hidden = false;
  tick();
}

function tick() {
  for (const node of document.querySelectorAll("time.ticks")) {
    const minutes = Math.max(0, Math.floor((Date.now() + skew - new Date(node.dateTime)) / 60_000));
    const text = minutes < 60 ? words.wordsMin.replace("#", minutes) : words.wordsH.replace("#", Math.floor(minutes / 60));
    if (node.textContent !== text) node.textContent = text;
  }
}

const seqs = () => [...document.querySelectorAll("li.customer[data-seq]")].map((node) => Number(node.dataset.seq));
let announced = Math.max(0, ...seqs());

/** Only what the customer says anew is read aloud, never the history. */
function announce() {
  const fresh = [...document.querySelectorAll("li.customer[data-seq]")].filter((node) => Number(node.dataset.seq) > announced);
  if (!fresh.length) return;
  announced = Math.max(announced, ...seqs());
  document.querySelector("#news").textContent = fresh.map((node) => node.querySelector(".said")?.textContent ?? "").join(" ");
}

// --- keys ------------------------------------------------------------------------------------------------------

const keys = {
  KeyN: () => document.querySelector("#take-next")?.click(),
  KeyJ: () => step(1),
  KeyK: () => step(-1),
  KeyR: () => document.querySelector("#reply")?.focus(),
  KeyM: () => document.querySelector("#note")?.focus(),
};

function step(by) {
  const mine = [...document.querySelectorAll("#region-mine .chat-line > a")];
  const at = mine.findIndex((link) => link.hasAttribute("aria-current"));
  if (mine.length) mine[(Math.max(at, by < 0 ? 0 : -1) + by + mine.length) % mine.length].click();
}

document.addEventListener("keydown", (event) => {
  if (event.altKey && !event.ctrlKey && !event.metaKey && keys[event.code]) {
    event.preventDefault();
    keys[event.code]();
  } else if (event.key === "?" && !event.target.matches("input, textarea, select")) {
    const help = document.querySelector("#keys");
    help.open = !help.open;
    help.querySelector("summary").focus();
  }
});

// --- connection ------------------------------------------------------------------------------------------------

let socket = null;
let tries = 0;
let lost = null;
let active = true;

function connect() {
  clearTimeout(connect.timer);
  const address = new URL(`/desk/chats/socket?chat=${words.chat}&lang=${language}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const opened = (socket = new WebSocket(address));
  opened.onopen = () => here();
  opened.onmessage = ({ data }) => {
    tries = 0;
    clearTimeout(lost);
    lost = null;
    document.querySelector("#connection").hidden = true;
    words.live = "yes";
    const { region: name, html } = JSON.parse(data);
    swap(name, html);
  };
  opened.onclose = ({ code }) => opened === socket && again(code);
}

/** The full state comes with every new connection, so nothing needs to be asked for. */
function again(code) {
  if (code === 4401 || code === 4400) return location.reload(); // to the sign-in and back here
  delete words.live;
  lost ??= setTimeout(() => (document.querySelector("#connection").hidden = false), PATIENCE);
  connect.timer = setTimeout(connect, Math.min(15_000, 500 * 2 ** tries++) * (0.75 + Math.random() / 2));
}

function here() {
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ type: "here", active }));
  active = false;
}

let typedAt = -Infinity;
document.querySelector("#reply")?.addEventListener("input", (event) => {
  if (!event.target.value.trim() || Date.now() - typedAt < TYPING || socket?.readyState !== WebSocket.OPEN) return;
  typedAt = Date.now();
  socket.send(JSON.stringify({ type: "typing" }));
});

for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => (active = true), { passive: true });
addEventListener("online", () => socket?.readyState === WebSocket.OPEN || connect());
addEventListener("pageshow", (event) => event.persisted && connect());
document.addEventListener("visibilitychange", () => document.hidden || here());
setInterval(here, HERE);
setInterval(tick, 5000);
const log = document.querySelector("#scroller");
if (log) log.scrollTop = log.scrollHeight;
dress();
follow();
offerCanned(document.querySelector("#reply"));
connect();
