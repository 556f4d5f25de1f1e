// What an agent writes: replies and notes. Nothing typed is lost, and nothing is sent by the Enter of an input method.

const words = document.querySelector("#live-desk").dataset;
const AFTER_COMPOSITION = 100; // ms: Safari sends the confirming Enter just after compositionend

const hand = document.querySelector("#hand");
const drafts = `desk:${words.account}:${words.chat}:`;
let asked = ""; // what was sent with {braces} in it once already
let composedAt = -Infinity;

/** Whoever loses the chat keeps what they have typed, and is told. */
export function follow() {
  if (!hand) return;
  const mine = document.querySelector("#region-state [data-state]")?.dataset.state === "mine";
  const typed = Boolean(document.querySelector("#reply").value.trim());
  hand.hidden = !mine && !typed;
  for (const control of hand.querySelectorAll("button, select")) control.disabled = !mine;
  tell("reply", mine || !typed ? "" : words.wordsLost);
}

function tell(name, text) {
  const node = document.querySelector(`#${name}-problem`);
  if (node.textContent !== text) node.textContent = text;
}

for (const name of ["reply", "note"]) {
  const form = document.querySelector(`#${name}-form`);
  if (!form) continue;
  const field = form.elements[name];
  field.value ||= sessionStorage.getItem(drafts + name) ?? "";
  field.addEventListener("input", () => sessionStorage.setItem(drafts + name, field.value));
  field.addEventListener("compositionend", (event) => (composedAt = event.timeStamp));
  field.addEventListener("keydown", (event) => {
    const composing = event.isComposing || event.keyCode === 229 || event.timeStamp - composedAt < AFTER_COMPOSITION;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    if (!form.querySelector("button").disabled) form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, name, field);
  });
}

async function send(form, name, field) {
  const text = field.value.trim();
  if (!text || form.dataset.sending) return;
  if ([...text].length > Number(words.longest)) return tell(name, words.wordsTooLong);
  if (name === "reply" && /\{[a-z]+\}/.test(text) && asked !== text) {
    asked = text;
    return tell(name, words.wordsUnfilled);
  }
  form.dataset.sending = "yes";
  const problem = await post(form).catch(() => words.wordsNotSent);
  delete form.dataset.sending;
  tell(name, problem);
  if (problem) return;
  form.elements.key.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.floor(Math.random() * 1e9)}`;
  if (field.value.trim() === text) field.value = "";
  sessionStorage.setItem(drafts + name, field.value);
}

/** Gives the words for what went wrong, nothing where it went well. */
export async function post(form, body = new FormData(form)) {
  const answer = await fetch(form.action, { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(body) });
  const { sign_in: signIn, problem = "" } = await answer.json();
  if (signIn) location.assign(signIn);
  return signIn ? words.wordsNotSent : problem;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button) insert(document.querySelector(button.dataset.insert).textContent);
});

function insert(text) {
  const field = document.querySelector("#reply");
  field.value = field.value.trim() ? `${field.value.trimEnd()} ${text}` : text;
  field.dispatchEvent(new Event("input"));
  field.focus();
}
