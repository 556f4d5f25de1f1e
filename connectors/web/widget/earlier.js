// What the same customer said in other talks, above this one: only for whoever is signed in, and only when asked for.

import { bubbleOf } from "./bubble.js";
import { el } from "./dom.js";
import { date } from "./format.js";

export class Earlier {
  node = el("div", { class: "earlier" });
  #conversation;
  #scene = null;
  #list = el("div", { class: "log", role: "group" });
  #button = null;
  #before = "";

  constructor(conversation) {
    this.#conversation = conversation;
    conversation.addEventListener("reset", () => this.#offer(false));
    conversation.addEventListener("earlier", (event) => this.#offer(event.detail));
  }

  translate(scene) {
    this.#scene = scene;
    const shown = this.#button ? !this.#button.hidden : false;
    this.#button = el("button", { type: "button", class: "choice", text: scene.texts.earlier, hidden: !shown, onclick: () => this.#load() });
    this.#list.setAttribute("aria-label", scene.texts.earlier);
    this.node.replaceChildren(this.#button, this.#list);
  }

  #offer(any) {
    this.#before = "";
    this.#list.replaceChildren();
    if (this.#button) this.#button.hidden = !any;
  }

  async #load() {
    this.#button.disabled = true;
    const page = await this.#conversation.earlier(this.#before).catch(() => null);
    this.#button.disabled = false;
    if (!page) return;
    const rows = page.messages.reverse();
    this.#before = rows[0]?.at ?? this.#before;
    this.#button.hidden = !page.more;
    this.#list.prepend(...this.#drawn(rows));
  }

  /** The messages, under a line for each talk and day. */
  #drawn(rows) {
    const { texts, language } = this.#scene;
    let mark = "";
    return rows.flatMap((item) => {
      const line = `${texts.channels[item.channel] ?? item.channel} · ${date(item.at, language)}`;
      const words = [item.text, item.files ? texts.files(item.files) : ""].filter(Boolean).join("\n");
      const bubble = bubbleOf({ item }, { ...this.#scene, conversation: this.#conversation, grew: () => {} });
      bubble.update({ item: { ...item, text: words } });
      const head = line === mark ? [] : [el("p", { class: "day" }, el("span", { text: line }))];
      mark = line;
      return [...head, bubble.node];
    });
  }
}
