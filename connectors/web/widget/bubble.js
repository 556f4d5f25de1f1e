// One message: who, when, what was said, what came with it, and how far it has got.

import { attachmentsOf, uploadOf } from "./attachments.js";
import { cardOf } from "./cards.js";
import { el, icon, linked } from "./dom.js";
import { time } from "./format.js";

/** {node, update(row)}: update changes only what may change, so nothing old is announced again. */
export function bubbleOf({ item }, scene) {
  const body = el("div", { class: "body" });
  const foot = el("div", { class: "foot" });
  const node = el("div", { class: `message ${item.from}` }, head(item, scene), body, foot);
  let drawn = null;
  let footed = null;
  let upload = null;
  return {
    node,
    update(row) {
      node.classList.toggle("continued", Boolean(row.continued));
      const content = JSON.stringify([row.item.text, row.item.cards, row.item.attachments, Boolean(row.item.file)]);
      if (content !== drawn) {
        upload = row.item.file ? uploadOf(row.item, scene) : null;
        body.replaceChildren(...contents(row.item, scene, upload));
        drawn = content;
      }
      upload?.update(row.item);
      updateChoices(body, row);
      const state = JSON.stringify([row.item.pending, row.item.code, row.item.at]);
      if (state === footed || item.from !== "customer") return;
      foot.replaceChildren(...progress(row.item, scene));
      footed = state;
    },
  };
}

function head(item, { texts, language }) {
  const name = { customer: texts.you, bot: texts.bot, agent: item.agent_name || texts.agent, system: texts.system }[item.from];
  return el(
    "div",
    { class: "who" },
    el("span", { class: "name", text: name }),
    item.from === "bot" && el("span", { class: "tag", text: texts.automated }),
    item.at && el("time", { datetime: item.at, text: time(item.at, language) }),
  );
}

function contents(item, scene, upload) {
  return [
    item.text && el("div", { class: "bubble" }, linked(item.text)),
    ...cardsOf(item, scene),
    ...attachmentsOf(item.attachments ?? [], scene),
    upload?.node,
    item.choices?.length && el("div", { class: "choices" }, item.choices.map((choice) => choiceOf(choice, scene))),
  ].filter(Boolean);
}

/** What the bubble says already is not said again on the slip below it. */
function cardsOf({ cards = [], text }, scene) {
  const several = cards.filter((card) => card?.type === "order").length > 1;
  return cards.map((card) => cardOf(card?.next_step_text === text ? { ...card, next_step_text: "" } : card, scene, { several }));
}

function choiceOf(choice, { choose }) {
  // detail counts clicks; 0 means that the button was pressed from the keyboard
  return el("button", { type: "button", class: "choice", text: choice.title, onclick: (event) => choose(choice, event.detail === 0) });
}

function updateChoices(body, { open, chosen }) {
  for (const button of body.querySelectorAll(":scope > .choices > .choice")) {
    button.disabled = !open;
    button.classList.toggle("chosen", button.textContent === chosen);
  }
}

function progress(item, { texts, language, conversation }) {
  const at = el("time", { datetime: item.at, text: time(item.at, language) });
  if (!item.pending) return [at, el("span", { class: "tick", title: texts.sent }, icon("yes"), el("span", { class: "hidden-text", text: texts.sent }))];
  if (!item.code) return [el("span", { class: "sending", text: item.file ? "" : texts.sending })];
  const queue = item.file ? conversation.uploads : conversation.outbox;
  const hopeless = ["file_empty", "file_too_large", "file_type", "unknown_choice", "message_too_long"].includes(item.code);
  return [
    el("span", { class: "error", role: "alert", text: texts.errors[item.code] ?? texts.errors.bad_request }),
    !hopeless && el("button", { type: "button", class: "link", text: texts.retry, onclick: () => queue.retry(item.id) }),
    el("button", { type: "button", class: "link", text: texts.discard, onclick: () => queue.discard(item.id) }),
  ].filter(Boolean);
}
