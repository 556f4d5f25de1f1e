// The packet's forms: sent without leaving the chat, and never swapped away while somebody fills them in.

import { post } from "./composer.js";

const words = document.querySelector("#live-desk").dataset;
const FIELDS = "input:not([type=hidden]), select, textarea";
const keys = new Map(); // form id -> the key of what it sends, the same until it has arrived
let pressed = null; // where the pointer is down

const typed = (node) => [...node.querySelectorAll("input:not([type=hidden])[id], textarea[id]")].filter((one) => one.value.trim());

for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => (pressed = null), { capture: true });
document.addEventListener("pointerdown", ({ target }) => (pressed = target), { capture: true });

/** Whether somebody writes, chooses, presses or sends something in it just now. */
export function isInUse(node) {
  const focused = document.activeElement;
  return (node.contains(focused) && focused.matches(FIELDS)) || node.contains(pressed) || Boolean(node.querySelector("[data-sending]"));
}

/** Whether words that somebody has typed have no place in what is to come; they are told. */
export function wouldLose(node, html) {
  const coming = document.createElement("template");
  coming.innerHTML = html;
  const lost = typed(node).filter((field) => !coming.content.getElementById(field.id));
  for (const field of lost) tell(field.form, words.wordsChanged);
  return lost.length > 0;
}

/** What is typed and unfolded in it; gives a function that puts it back after a swap. */
export function typedIn(node) {
  const values = typed(node).map(({ id, value }) => [id, value]);
  const open = [...node.querySelectorAll("details[id][open]")].map(({ id }) => id);
  const problems = [...node.querySelectorAll("form[id] > .late")].map(({ id, textContent }) => [id, textContent]);
  return () => {
    for (const [id, value] of values) document.getElementById(id).value = value;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, text] of problems) if (document.getElementById(id)) document.getElementById(id).textContent = text;
  };
}

function tell(form, text) {
  const node = form?.querySelector(".late");
  if (node && node.textContent !== text) node.textContent = text;
}

document.querySelector("#region-packet")?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!event.target.dataset.sending) send(event.target, event.submitter);
});

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  if (!keys.has(form.id)) keys.set(form.id, crypto.randomUUID?.() ?? `${Date.now()}-${Math.floor(Math.random() * 1e9)}`);
  if (body.has("reply_id")) body.set("reply_id", keys.get(form.id));
  form.dataset.sending = "yes";
  tell(form, "");
  const problem = await post(form, body).catch(() => words.wordsNotSent);
  delete form.dataset.sending;
  tell(form, problem);
  if (!problem) finish(form);
  document.dispatchEvent(new Event("settled"));
}

/** What was typed has arrived: it is not to be kept from what the server shows next. */
function finish(form) {
  keys.delete(form.id);
  for (const field of typed(form)) field.value = "";
  form.closest("details")?.removeAttribute("open");
  document.querySelector("#packet-done").textContent = words.wordsDone;
}
