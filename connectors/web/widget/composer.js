// The field one writes in. Enter sends, except when it chooses a word in an input method.

import { el, iconButton } from "./dom.js";
import { ACCEPTED } from "./uploads.js";

const LIMIT = 2000;
const COUNT_FROM = 1800;
const AFTER_COMPOSITION = 100; // ms: Safari sends the confirming Enter just after compositionend

export class Composer {
  node = el("form", { class: "composer", novalidate: true });
  #memory;
  #say;
  #attach;
  #typing;
  #texts = null;
  #input;
  #picker;
  #counter = el("span", { class: "counter", id: "counter", role: "status" });
  #button = null;
  #composedAt = -Infinity;

  constructor({ memory, say, attach, typing }) {
    this.#memory = memory;
    this.#say = say;
    this.#attach = attach;
    this.#typing = typing;
    this.#input = el("textarea", { rows: 1, "aria-describedby": "counter", enterkeyhint: "send", autocomplete: "off" });
    this.#picker = el("input", { type: "file", accept: ACCEPTED.join(","), multiple: true, hidden: true, tabindex: -1 });
    this.#input.value = memory.draft;
    this.#input.addEventListener("input", () => {
      this.#changed();
      if (this.#input.value.trim()) this.#typing();
    });
    this.#input.addEventListener("compositionend", (event) => (this.#composedAt = event.timeStamp));
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    this.#picker.addEventListener("change", () => this.#picked());
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  translate(texts) {
    this.#texts = texts;
    this.#input.placeholder = texts.placeholder;
    this.#input.setAttribute("aria-label", texts.input);
    this.#button = iconButton("send", texts.send, null, "send");
    this.#button.type = "submit";
    const clip = iconButton("clip", texts.attach, () => this.#picker.click());
    this.node.replaceChildren(clip, this.#picker, el("div", { class: "field" }, this.#input, this.#counter), this.#button);
    this.#changed();
  }

  focus() {
    this.#input.focus({ preventScroll: true });
    this.#grow();
  }

  clear() {
    this.#input.value = "";
    this.#changed();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey) return;
    const composing = event.isComposing || event.keyCode === 229 || event.timeStamp - this.#composedAt < AFTER_COMPOSITION;
    if (composing) return;
    event.preventDefault();
    this.#send();
  }

  #send() {
    const text = this.#input.value.trim();
    if (!text || length(text) > LIMIT) return;
    this.clear();
    this.#say(text);
  }

  #take(event, data) {
    const files = [...(data?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    files.forEach(this.#attach);
  }

  #picked() {
    [...this.#picker.files].forEach(this.#attach);
    this.#picker.value = "";
  }

  #changed() {
    const text = this.#input.value;
    const count = length(text.trim());
    this.#memory.draft = text;
    this.#button.disabled = !count || count > LIMIT;
    this.#counter.textContent = count > COUNT_FROM ? this.#texts.left(LIMIT - count) : "";
    this.#counter.classList.toggle("over", count > LIMIT);
    this.#grow();
  }

  #grow() {
    this.#input.style.height = "auto";
    if (this.#input.scrollHeight) this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}

/** Characters as people and the server count them: code points, not UTF-16 units. */
const length = (text) => [...text].length;
