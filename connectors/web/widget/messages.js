// The conversation as a list: nodes are kept and moved, not redrawn, so a screen reader hears only what is new.

import { bubbleOf } from "./bubble.js";
import { el, icon } from "./dom.js";
import { Earlier } from "./earlier.js";
import { day } from "./format.js";

const SAME_TURN = 5 * 60_000;

export class MessageLog {
  node = el("div", { class: "talk" });
  #conversation;
  #say;
  #choose;
  #scene = null; // {texts, language, shop}
  #rows = new Map(); // key -> {node, update}
  #list = null;
  #scroller = null;
  #pill = null;
  #typing = null;
  #following = true;
  #top = 0;
  #seen = 0;
  #earlier;

  constructor({ conversation, say, choose }) {
    this.#conversation = conversation;
    this.#say = say;
    this.#choose = choose;
    this.#earlier = new Earlier(conversation);
    new ResizeObserver(() => this.#following && this.follow()).observe(this.node);
  }

  get atEnd() {
    return this.#following;
  }

  translate(scene) {
    this.#scene = scene;
    const { texts, shop } = scene;
    this.#rows.clear();
    this.#earlier.translate(scene);
    this.#list = el("div", { class: "log", role: "log", "aria-live": "off", "aria-relevant": "additions", "aria-atomic": "false", "aria-label": texts.log });
    this.#typing = el("p", { class: "typing", role: "status", hidden: true }, el("span", { class: "hidden-text" }), el("i"), el("i"), el("i"));
    const starters = texts.starters.map((text) => el("button", { type: "button", class: "choice", text, onclick: () => this.#say(text) }));
    const intro = el("div", { class: "intro" }, el("p", { class: "lead", text: texts.intro(shop) }), el("p", { class: "note", text: texts.introNote }), el("div", { class: "choices starters" }, starters));
    this.#scroller = el("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": texts.log, onscroll: () => this.#scrolled() }, intro, this.#earlier.node, this.#list, this.#typing);
    this.#pill = el("button", { type: "button", class: "pill", hidden: true, onclick: () => this.follow() }, icon("down"), texts.newMessages);
    this.node.replaceChildren(this.#scroller, this.#pill);
    this.#following = true;
    this.arrive();
  }

  /** Old history is not read aloud: the list turns live only after it has been drawn. */
  arrive() {
    this.#list.setAttribute("aria-live", "off");
    setTimeout(() => this.#list.setAttribute("aria-live", "polite"), 800);
    this.follow();
  }

  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
    this.#seen = 0;
  }

  follow() {
    this.#following = true;
    this.#pill.hidden = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  render({ typing }) {
    const { messages, pending, restarted, loaded } = this.#conversation;
    if (!loaded) this.#list.setAttribute("aria-live", "off");
    else if (this.#seen === 0 && messages.length) this.arrive();
    const rows = this.#plan(messages, pending, restarted);
    this.#place(rows);
    this.#scroller.querySelector(".starters").hidden = rows.length > 0;
    this.#typing.hidden = !typing;
    const words = typing ? this.#scene.texts.typing : "";
    if (this.#typing.firstChild.textContent !== words) this.#typing.firstChild.textContent = words;
    this.#notice(messages);
  }

  /** What should stand in the list, in order: day marks, messages, and what is on its way. */
  #plan(messages, pending, restarted) {
    const answered = lastIndex(messages, (message) => message.from === "customer" || message.from === "agent");
    const offered = lastIndex(messages, (message) => message.choices?.length);
    const leaving = pending.some((item) => !item.code || item.code === "network");
    const rows = restarted ? [{ key: "restarted", item: { from: "system", text: this.#scene.texts.restarted } }] : [];
    let before = null;
    const add = (item, extra) => {
      const today = day(item.at, this.#scene.language);
      if (!before || day(before.at, this.#scene.language) !== today) rows.push({ key: `day ${today}`, day: today });
      const sender = (one) => `${one.from} ${one.agent_name ?? ""}`;
      const continued = before && rows.at(-1).item && sender(before) === sender(item) && new Date(item.at) - new Date(before.at) < SAME_TURN;
      rows.push({ key: item.client_message_id ?? `#${item.seq}`, item, continued: Boolean(continued), ...extra });
      before = item;
    };
    messages.forEach((message, index) => {
      const open = index === offered && index > answered && !leaving;
      add(message, { open, chosen: open ? null : answerTo(messages, pending, index) });
    });
    for (const item of pending) add({ ...item, from: "customer", client_message_id: item.id, pending: true }, {});
    return rows;
  }

  #place(rows) {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.#rows) {
      if (keys.has(key)) continue;
      node.remove();
      this.#rows.delete(key);
    }
    rows.forEach((row, index) => {
      const shown = this.#rows.get(row.key) ?? this.#make(row);
      this.#rows.set(row.key, shown);
      shown.update?.(row);
      if (this.#list.children[index] !== shown.node) this.#list.insertBefore(shown.node, this.#list.children[index] ?? null);
    });
  }

  #make(row) {
    if (row.day) return { node: el("p", { class: "day" }, el("span", { text: row.day })) };
    const shown = bubbleOf(row, { ...this.#scene, conversation: this.#conversation, choose: this.#choose, grew: () => this.#following && this.follow() });
    if (row.key === "restarted") shown.node.setAttribute("role", "alert");
    return shown;
  }

  #notice(messages) {
    const last = messages.at(-1)?.seq ?? 0;
    const news = last > this.#seen;
    this.#seen = last;
    if (this.#following) this.follow();
    else if (news && messages.at(-1).from !== "customer") this.#pill.hidden = false;
  }

  /** Growing content also scrolls; only a move upwards means that somebody wants to read back. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (!clientHeight) return;
    const atEnd = scrollHeight - scrollTop - clientHeight < 48;
    const back = scrollTop < this.#top - 1;
    this.#top = scrollTop;
    if (back && !atEnd) this.#following = false;
    if (!atEnd || this.#following) return;
    this.#following = true;
    this.#pill.hidden = true;
    this.#conversation.markRead();
  }
}

function lastIndex(list, test) {
  for (let index = list.length - 1; index >= 0; index -= 1) if (test(list[index])) return index;
  return -1;
}

/** The title that the customer chose: what they said next. */
function answerTo(messages, pending, index) {
  const next = messages.slice(index + 1).find((message) => message.from === "customer") ?? pending[0];
  return next?.text ?? null;
}
