// The messaging apps in which the shop answers too: how a signed-in customer ties one of them to the account.

import { el, iconButton } from "./dom.js";

export class Apps {
  button = iconButton("phone", "", () => this.#open());
  box = el("div", { class: "question apps", role: "group", hidden: true });
  #conversation;
  #texts = null;
  #names = [];
  #looked = false;

  constructor(conversation) {
    this.#conversation = conversation;
    this.button.hidden = true;
    conversation.addEventListener("change", () => this.#look());
    conversation.addEventListener("reset", () => this.#forget());
  }

  translate(texts) {
    this.#texts = texts;
    this.button.title = texts.apps;
    this.button.setAttribute("aria-label", texts.apps);
    this.box.setAttribute("aria-label", texts.apps);
    this.box.hidden = true;
    return this;
  }

  /** Whenever the chat is opened: a guest may have become a customer since. */
  opened() {
    this.#looked = this.#names.length > 0;
    this.#look();
  }

  async #look() {
    if (this.#looked || !this.#conversation.loaded) return;
    this.#looked = true;
    this.#show(await this.#conversation.apps().catch(() => []));
  }

  #forget() {
    this.#looked = false;
    this.#show([]);
  }

  #show(names) {
    this.#names = names;
    this.button.hidden = names.length === 0;
    if (!names.length) this.box.hidden = true;
  }

  async #open() {
    if (!this.box.hidden) return this.#close();
    const texts = this.#texts;
    const close = el("button", { type: "button", class: "plain", text: texts.appsClose, onclick: () => this.#close() });
    const names = this.#names.map((name) => texts.appNames[name] ?? name);
    const said = await this.#conversation.linkCode().catch((error) => error);
    const shown = said.words
      ? [el("p", { text: texts.appsHow(names) }), el("p", {}, el("strong", { class: "code", text: said.words })), el("p", { class: "note", text: texts.appsOnce })]
      : [el("p", { text: texts.errors.no_code })];
    this.box.replaceChildren(...shown, close);
    this.box.hidden = false;
    close.focus();
  }

  #close() {
    this.box.hidden = true;
    this.button.focus();
  }
}
