// <return-desk>: the round button on the shop's page. Everything else is loaded when it is first needed.
//
//   <script type="module" src="https://desk.example/widget/returndesk.js"></script>
//   <return-desk shop-name="Foothill" language="zh" site-token="…"></return-desk>
//
// Attributes: endpoint (default: where this module came from), language (zh | en), site-token (a JWT signed by the
// shop; put it there when the page is rendered, because a page without it counts as signed out), shop-name.
// Methods: open() close() signOut(). Events: returndesk:open returndesk:close returndesk:unread (detail.count).

import { el, icon } from "./dom.js";
import { endSession, subjectOf } from "./identity.js";
import { languageOf, launcherLabel } from "./language.js";
import { Memory } from "./store.js";

export class ReturnDesk extends HTMLElement {
  static observedAttributes = ["site-token", "language", "shop-name"];
  #memory = null;
  #conversation = null;
  #panel = null;
  #button = null;
  #badge = null;
  #unread = 0;
  #opened = false;

  connectedCallback() {
    if (this.#memory) return void this.#conversation?.begin({ create: this.#opened });
    this.#memory = new Memory(this.endpoint);
    this.#badge = el("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    const press = () => (this.#opened ? this.close() : this.open());
    const approach = () => import("./panel.js"); // a pointer on the button is about to press it
    this.#button = el("button", { type: "button", class: "launcher", "aria-expanded": "false", onclick: press, onpointerenter: approach }, icon("chat"), this.#badge);
    const sheet = el("link", { rel: "stylesheet", href: new URL("returndesk.css", import.meta.url).href });
    const frame = el("div", { class: "frame", hidden: true }, this.#button);
    sheet.addEventListener("load", () => (frame.hidden = false)); // never unstyled
    this.attachShadow({ mode: "open" }).append(sheet, frame);
    this.#checkCustomer();
    this.#label();
    if (this.#memory.session) this.#converse();
    this.#memory.watch((name) => name === "session" && this.#memory.session && this.#converse());
  }

  disconnectedCallback() {
    this.#conversation?.sleep();
  }

  attributeChangedCallback(name) {
    if (!this.#memory) return;
    if (name === "site-token") this.#checkCustomer();
    this.#label();
    this.#panel?.translate();
  }

  get endpoint() {
    return new URL(this.getAttribute("endpoint") ?? new URL("..", import.meta.url), location.href).href.replace(/\/$/, "");
  }

  /** What the customer chose, then what the page says. */
  get language() {
    return languageOf(this.#memory?.language, this.getAttribute("language"), document.documentElement.lang, ...navigator.languages);
  }

  set language(language) {
    this.#memory.language = language;
    this.#label();
  }

  get shopName() {
    return this.getAttribute("shop-name") ?? "";
  }

  async open() {
    if (this.#opened) return;
    this.#opened = true;
    this.#checkCustomer();
    this.#button.setAttribute("aria-expanded", "true");
    this.#button.classList.add("busy");
    const [conversation, { Panel }] = await Promise.all([this.#converse(), import("./panel.js")]);
    this.#button.classList.remove("busy");
    if (!this.#opened) return;
    this.#panel ??= new Panel({ host: this, conversation, memory: this.#memory });
    this.#panel.show();
    conversation.begin({ create: true });
    this.#announce("open");
  }

  close() {
    if (!this.#opened) return;
    this.#opened = false;
    this.#button.setAttribute("aria-expanded", "false");
    this.#panel?.hide();
    this.#button.focus({ preventScroll: true });
    this.#announce("close");
  }

  /** Ends the session on the server and erases every trace of it in all tabs of this browser. */
  signOut() {
    this.#forget();
    this.close();
  }

  #forget() {
    const session = this.#memory.session;
    this.#memory.erase();
    this.#conversation?.reset();
    this.#count();
    if (session) endSession(this.endpoint, session.token);
  }

  /** A shared computer: the chat of another customer, or of a customer who has signed out, is gone before anything is shown. */
  #checkCustomer() {
    const customer = this.#memory.customer;
    if (!customer || customer.subject === subjectOf(this.getAttribute("site-token"))) return;
    this.#forget();
    if (this.#panel && this.#opened) this.#conversation?.begin({ create: true });
  }

  #wishes() {
    const siteToken = this.getAttribute("site-token");
    return { language: this.language, ...(siteToken && { site_token: siteToken }), subject: subjectOf(siteToken) };
  }

  async #converse() {
    const { Conversation } = await import("./conversation.js");
    if (!this.#conversation) {
      this.#conversation = new Conversation({ endpoint: this.endpoint, memory: this.#memory, wishes: () => this.#wishes() });
      this.#conversation.addEventListener("change", () => this.#count());
      this.#conversation.addEventListener("left", () => this.close());
      this.#conversation.begin({ create: false });
    }
    return this.#conversation;
  }

  #count() {
    const unread = this.#conversation?.unread ?? 0;
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.#badge.hidden = !unread;
    this.#badge.textContent = unread > 99 ? "99+" : unread;
    this.#label();
    this.#announce("unread", { count: unread });
  }

  #label() {
    this.#button.setAttribute("aria-label", launcherLabel(this.language, this.#unread));
    this.#button.lang = this.language;
  }

  #announce(name, detail = null) {
    this.dispatchEvent(new CustomEvent(`returndesk:${name}`, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("return-desk")) customElements.define("return-desk", ReturnDesk);
