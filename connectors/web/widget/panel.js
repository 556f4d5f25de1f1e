// The open chat: header, conversation, composer, and the focus between them.

import { Apps } from "./apps.js";
import { Composer } from "./composer.js";
import { el, icon, iconButton } from "./dom.js";
import { MessageLog } from "./messages.js";
import { textsIn } from "./texts.js";

const PHONE = matchMedia("(max-width: 480px)");
const TOUCH = matchMedia("(pointer: coarse)");

export class Panel {
  #host;
  #conversation;
  #memory;
  #root;
  #log;
  #composer;
  #apps;
  #parts = {};
  #shown = false;
  #asking = false;

  constructor({ host, conversation, memory }) {
    this.#host = host;
    this.#conversation = conversation;
    this.#memory = memory;
    this.#root = el("section", { class: "panel", role: "dialog", id: "panel", tabindex: -1, hidden: true, onkeydown: (event) => this.#key(event) });
    this.#log = new MessageLog({ conversation, say: (text) => this.#say(text), choose: (choice, byKey) => this.#choose(choice, byKey) });
    this.#composer = new Composer({ memory, say: (text) => this.#say(text), attach: (file) => conversation.uploads.add(file), typing: () => conversation.writes() });
    this.#apps = new Apps(conversation);
    conversation.addEventListener("change", () => this.#render());
    conversation.addEventListener("reset", () => this.#forget());
    conversation.addEventListener("expired", () => this.#restart());
    document.addEventListener("visibilitychange", () => this.#render());
    this.translate();
    this.#mount();
    this.#followKeyboard();
  }

  async show() {
    this.#shown = true;
    this.#root.setAttribute("aria-modal", PHONE.matches);
    await this.#styled;
    if (!this.#shown) return;
    this.#root.hidden = false;
    this.#log.arrive();
    this.#render();
    this.#apps.opened();
    if (TOUCH.matches) this.#root.focus({ preventScroll: true }); // the field would bring the keyboard up over the chat
    else this.#composer.focus();
  }

  hide() {
    this.#shown = false;
    this.#root.hidden = true;
    this.#ask(false);
  }

  /** Builds the fixed parts anew in the present language. */
  translate() {
    const language = this.#host.language;
    const texts = textsIn(language);
    const shop = this.#host.shopName;
    const parts = (this.#parts = {
      title: el("h2", { class: "title", id: "title", text: texts.title(shop) }),
      owner: el("p", { class: "owner", role: "status" }),
      banner: el("p", { class: "banner", role: "status", hidden: true }),
      question: el("div", { class: "question", role: "alertdialog", "aria-label": texts.erase, hidden: true }),
    });
    parts.switch = el("button", { type: "button", class: "icon-button", lang: language === "zh" ? "en" : "zh", "aria-label": texts.switchLanguage, title: texts.switchLanguage, text: texts.switchLabel, onclick: () => this.#switch() });
    parts.erase = iconButton("erase", texts.erase, () => this.#ask(true));
    const header = el("header", { class: "header" }, el("span", { class: "crest", "aria-hidden": "true" }, shop ? [...shop][0] : icon("chat")), el("div", { class: "heading" }, parts.title, parts.owner), this.#apps.translate(texts).button, parts.switch, parts.erase, iconButton("close", texts.close, () => this.#host.close()));
    parts.question.append(
      el("p", { text: texts.eraseQuestion }),
      el("button", { type: "button", class: "danger", text: texts.eraseYes, onclick: () => this.#host.signOut() }),
      el("button", { type: "button", class: "plain", text: texts.eraseNo, onclick: () => this.#ask(false) || parts.erase.focus() }),
    );
    this.#composer.translate(texts);
    this.#log.translate({ texts, language, shop });
    this.#root.lang = language === "zh" ? "zh-CN" : "en";
    this.#root.setAttribute("aria-labelledby", "title");
    this.#root.replaceChildren(header, this.#apps.box, parts.question, parts.banner, this.#log.node, this.#composer.node);
    this.#render();
  }

  #mount() {
    const frame = this.#host.shadowRoot.querySelector(".frame");
    const sheet = el("link", { rel: "stylesheet", href: new URL("panel.css", import.meta.url).href });
    this.#styled = new Promise((resolve) => {
      sheet.addEventListener("load", resolve);
      sheet.addEventListener("error", resolve);
    });
    frame.before(sheet);
    frame.prepend(this.#root);
  }

  #styled = null;

  #render() {
    const { state, owner, agentName, typing } = this.#conversation;
    const texts = textsIn(this.#host.language);
    const words = typeof texts.owner[owner] === "function" ? texts.owner[owner](agentName) : texts.owner[owner];
    write(this.#parts.owner, words ?? "");
    this.#parts.owner.dataset.owner = owner;
    this.#parts.banner.hidden = state === "online";
    write(this.#parts.banner, state === "online" ? "" : navigator.onLine ? texts.connecting : texts.offline);
    this.#log.render({ typing, live: this.#shown });
    if (this.#shown && !document.hidden && this.#log.atEnd) this.#conversation.markRead();
  }

  #say(text) {
    this.#log.follow();
    this.#conversation.say(text);
  }

  /** The pressed button is disabled at once, so a keyboard needs a new place; a finger does not want the keyboard. */
  #choose(choice, byKey) {
    this.#log.follow();
    this.#conversation.choose(choice);
    if (byKey) this.#composer.focus();
  }

  #switch() {
    this.#host.language = this.#host.language === "zh" ? "en" : "zh";
    this.translate();
    this.#parts.switch.focus();
    this.#say(textsIn(this.#host.language).askLanguage);
  }

  #ask(asking) {
    this.#asking = asking;
    this.#parts.question.hidden = !asking;
    if (asking) this.#parts.question.querySelector(".plain").focus();
  }

  #forget() {
    this.#log.clear();
    this.#composer.clear();
    this.translate();
  }

  /** The server no longer knows the session: say so and begin anew. */
  #restart() {
    if (!this.#shown) return;
    this.#conversation.begin({ create: true });
    this.#render();
  }

  #key(event) {
    event.stopPropagation(); // the shop's own shortcuts are not meant
    if (event.key === "Escape" && !event.isComposing && event.keyCode !== 229) {
      if (!this.#asking) return this.#host.close();
      this.#ask(false);
      this.#parts.erase.focus();
    }
    if (event.key === "Tab" && PHONE.matches) this.#keepFocus(event);
  }

  /** On a phone the chat covers the page, so Tab stays inside it. */
  #keepFocus(event) {
    const stops = [...this.#root.querySelectorAll("button, textarea, a[href], summary, [tabindex='0']")].filter((node) => !node.disabled && node.getClientRects().length);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (this.#host.shadowRoot.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  /** iOS lays its keyboard over fixed boxes; the visual viewport tells what is left. */
  #followKeyboard() {
    const view = window.visualViewport;
    const fit = () => {
      this.#root.style.setProperty("--view-height", `${view.height}px`);
      this.#root.style.setProperty("--view-top", `${view.offsetTop}px`);
    };
    view?.addEventListener("resize", fit);
    view?.addEventListener("scroll", fit);
  }
}

/** Status regions are announced on every write, so only changes are written. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
