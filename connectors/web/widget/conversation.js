// One tab's view of the conversation: what was said, what is on its way, and who answers. No nodes here.

import { Api } from "./api.js";
import { endSession } from "./identity.js";
import { Connection } from "./transport.js";
import { Outbox } from "./outbox.js";
import { Uploads } from "./uploads.js";

const TYPING_AT_MOST = 30_000; // a bot that died must not type for ever

export class Conversation extends EventTarget {
  typing = false;
  owner = "bot";
  agentName = "";
  state = "online"; // or "offline"
  loaded = false;
  restarted = false;
  #endpoint;
  #memory;
  #wishes;
  #api;
  #connection = null;
  #beginning = null;
  #again = null; // timer
  #epoch = 0; // counts what was forgotten
  #asleep = false;
  #token = null;
  #messages = new Map(); // by sequence number
  #cursor = 0; // up to here the server has told us everything
  #typingTimer = null;

  /** `wishes()` gives {language, site_token, subject} for a new session. */
  constructor({ endpoint, memory, wishes }) {
    super();
    this.#endpoint = endpoint;
    this.#memory = memory;
    this.#wishes = wishes;
    this.#api = new Api(endpoint);
    const hooks = { api: this.#api, changed: () => this.#changed(), sent: (message) => this.#sent(message), unauthorized: () => this.#expired() };
    this.outbox = new Outbox({ ...hooks, memory, ready: () => Boolean(this.#token) });
    this.uploads = new Uploads(hooks);
    memory.watch((name) => this.#follow(name));
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#report("offline"));
    addEventListener("pageshow", () => this.#follow(null) || this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  get messages() {
    return [...this.#messages.values()].sort((one, other) => one.seq - other.seq);
  }

  /** Own messages that the server has not confirmed, in the order they were made. */
  get pending() {
    const known = new Set(this.messages.map((message) => message.client_message_id));
    const waiting = [...this.outbox.items, ...this.uploads.items].filter((item) => !known.has(item.id));
    return waiting.sort((one, other) => (one.at < other.at ? -1 : 1));
  }

  get unread() {
    const read = this.#memory.read;
    return this.messages.filter((message) => message.from !== "customer" && message.seq > read).length;
  }

  markRead() {
    if (this.#cursor <= this.#memory.read) return;
    this.#memory.read = this.#cursor;
    this.#changed();
  }

  /** Goes on with the stored session or, with `create`, makes one. */
  async begin({ create }) {
    this.#asleep = false;
    if (this.#token) return;
    if (create) this.#memory.customer = { subject: this.#wishes().subject };
    const stored = this.#stored;
    if (stored) this.#attach(stored);
    else if (create) await (this.#beginning ??= this.#create().finally(() => (this.#beginning = null)));
  }

  say(text) {
    this.outbox.add({ text });
  }

  choose({ value, title }) {
    this.outbox.add({ choice: value, title });
  }

  /** The customer is writing: a person who has the talk is told. */
  writes() {
    if (this.owner === "human") this.#connection?.typing();
  }

  wake() {
    this.#connection?.wake();
    this.outbox.flush();
  }

  file(attachmentId) {
    return this.#api.file(attachmentId);
  }

  /** Names of the apps that this customer may tie to the account; tells by an event whether there are other talks. */
  async apps() {
    if (!this.#token) return [];
    const { apps, earlier } = await this.#api.apps();
    this.dispatchEvent(new CustomEvent("earlier", { detail: earlier }));
    return apps;
  }

  /** {messages, more}: what was said in the customer's other talks, newest first. */
  earlier(before) {
    return this.#api.earlier(before);
  }

  /** {words, expires_at}: what to write in the app. */
  linkCode() {
    return this.#api.linkCode();
  }

  /** The full address of a picture that the server names relative to itself. */
  address(path) {
    return new URL(path, `${this.#endpoint}/`).href;
  }

  /** The element has left the page. */
  sleep() {
    this.#asleep = true;
    this.#connection?.stop();
    this.#connection = this.#token = null;
  }

  /** Forgets everything in this tab; what is stored is the caller's to erase. */
  reset() {
    this.#connection?.stop();
    clearTimeout(this.#again);
    this.#epoch += 1;
    this.#connection = this.#token = this.#beginning = null;
    this.#memory.draft = "";
    this.#api.as(null);
    this.#messages.clear();
    this.#cursor = 0;
    this.uploads.clear();
    this.outbox.clear();
    Object.assign(this, { typing: false, owner: "bot", agentName: "", loaded: false, restarted: false, state: "online" });
    this.dispatchEvent(new Event("reset"));
    this.#changed();
  }

  /** The stored session, unless it is that of another customer (another tab may lag behind a sign-in). */
  get #stored() {
    return this.#memory.customer?.subject === this.#wishes().subject ? this.#memory.session : null;
  }

  async #create() {
    const epoch = this.#epoch;
    const { subject, ...wishes } = this.#wishes();
    const session = await this.#api.begin(wishes).catch((error) => {
      if (error.code === "unauthorized" && wishes.site_token) return this.#api.begin({ language: wishes.language });
      this.#report("offline");
      if (epoch === this.#epoch) this.#again = setTimeout(() => this.begin({ create: true }), (error.retryAfter ?? 3) * 1000);
      return null;
    });
    if (!session) return;
    const forgotten = epoch !== this.#epoch || this.#wishes().subject !== subject;
    const other = this.#stored; // another tab was faster
    if (forgotten || other) endSession(this.#endpoint, session.session_token);
    if (this.#wishes().subject !== subject) {
      this.#beginning = null;
      return this.begin({ create: true });
    }
    if (forgotten) return;
    if (!other) this.#memory.session = { token: session.session_token };
    this.#attach(this.#memory.session);
  }

  #attach({ token }) {
    this.#token = token;
    this.#api.as(token);
    const guard = (use) => (value) => this.#token === token && use(value);
    this.#connection = new Connection({
      api: this.#api,
      endpoint: this.#endpoint,
      token,
      after: () => this.#cursor,
      deliver: guard((update) => this.#deliver(update)),
      report: guard((state) => this.#report(state)),
    });
    this.#connection.start();
    this.outbox.flush();
  }

  async #deliver(update) {
    const first = Math.min(...update.messages.map((message) => message.seq));
    if (this.#cursor && Number.isFinite(first) && first > this.#cursor + 1) {
      const token = this.#token; // something between was missed: fetch from the last certain point
      const missed = await this.#api.updates(this.#cursor, 0).catch(() => null);
      if (this.#token !== token) return;
      if (!missed) return this.#connection.wake();
      update.messages = [...missed.messages, ...update.messages];
    }
    for (const message of update.messages) this.#keep(message);
    this.#cursor = Math.max(this.#cursor, ...update.messages.map((message) => message.seq));
    this.owner = update.owner ?? this.owner;
    this.agentName = update.agent_name ?? this.agentName;
    this.#type(Boolean(update.typing));
    this.loaded = true;
    this.#changed();
  }

  #keep(message) {
    this.#messages.set(message.seq, message);
    if (message.from === "agent" && message.agent_name) this.agentName = message.agent_name;
    if (message.client_message_id) {
      this.#memory.unqueue(message.client_message_id);
      this.uploads.confirm(message.client_message_id);
    }
  }

  /** The acknowledgement came before the message itself: show it as sent; the cursor stays. */
  #sent(message) {
    if (!this.#messages.has(message.seq)) this.#messages.set(message.seq, { ...message, from: "customer" });
    this.#changed();
  }

  #type(typing) {
    clearTimeout(this.#typingTimer);
    this.typing = typing;
    if (typing) {
      this.#typingTimer = setTimeout(() => {
        this.typing = false;
        this.#changed();
      }, TYPING_AT_MOST);
    }
  }

  #report(state) {
    if (state === "unauthorized") return this.#expired();
    const back = state === "online" && this.state !== "online";
    this.state = state;
    if (back) this.outbox.flush();
    this.#changed();
  }

  #expired() {
    if (!this.#token) return;
    this.#memory.erase();
    this.reset();
    this.restarted = true;
    this.dispatchEvent(new Event("expired"));
  }

  /** Another tab wrote. Returns whether this tab's session is no longer the stored one. */
  #follow(name) {
    const stored = this.#stored;
    const left = this.#token && stored?.token !== this.#token;
    if (left) {
      this.reset();
      if (!stored) this.dispatchEvent(new Event("left"));
    }
    if (stored && !this.#token && !this.#asleep) this.begin({ create: false });
    if (name === "outbox" || name === "read") this.#changed();
    return left;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
