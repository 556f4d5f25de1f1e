// What this browser remembers of a chat, under one prefix per endpoint, shared by all tabs.

const KEYS = ["session", "customer", "outbox", "read", "language"];

export class Memory {
  #prefix;
  #fallback = new Map(); // storage may be forbidden; then one tab remembers for itself
  #watchers = new Set();

  constructor(endpoint) {
    this.#prefix = `returndesk:${endpoint}:`;
    addEventListener("storage", (event) => {
      if (event.key === null || event.key.startsWith(this.#prefix)) {
        const name = event.key && event.key.slice(this.#prefix.length);
        for (const watcher of this.#watchers) watcher(name);
      }
    });
  }

  /** Calls back with the changed name (null = everything) when another tab writes. */
  watch(watcher) {
    this.#watchers.add(watcher);
  }

  /** {subject}: whose site token (null: a guest's) everything here belongs to; null when there is nothing. */
  get customer() {
    return this.#get("customer");
  }

  set customer(customer) {
    this.#set("customer", customer);
  }

  /** {token}, or null. */
  get session() {
    return this.#get("session");
  }

  set session(session) {
    this.#set("session", session);
  }

  get language() {
    return this.#get("language");
  }

  set language(language) {
    this.#set("language", language);
  }

  /** The highest sequence number that was on the screen. */
  get read() {
    return this.#get("read") ?? 0;
  }

  set read(seq) {
    if (seq > this.read) this.#set("read", seq);
  }

  /** Messages typed but not yet acknowledged, oldest first: {id, text | choice, title, at}. */
  get outbox() {
    return this.#get("outbox") ?? [];
  }

  queue(item) {
    this.#set("outbox", [...this.outbox, item]);
  }

  unqueue(id) {
    const left = this.outbox.filter((item) => item.id !== id);
    if (left.length !== this.outbox.length) this.#set("outbox", left);
  }

  /** The half-written message of this tab; it survives the walk to another page of the shop. */
  get draft() {
    try {
      return sessionStorage.getItem(`${this.#prefix}draft`) ?? "";
    } catch {
      return "";
    }
  }

  set draft(text) {
    try {
      if (text) sessionStorage.setItem(`${this.#prefix}draft`, text);
      else sessionStorage.removeItem(`${this.#prefix}draft`);
    } catch {
      // forbidden storage: the draft lives in the page only
    }
  }

  erase() {
    this.draft = "";
    for (const name of KEYS) {
      this.#fallback.delete(name);
      try {
        localStorage.removeItem(this.#prefix + name);
      } catch {
        // nothing was stored
      }
    }
  }

  #get(name) {
    try {
      return JSON.parse(localStorage.getItem(this.#prefix + name)) ?? this.#fallback.get(name) ?? null;
    } catch {
      return this.#fallback.get(name) ?? null;
    }
  }

  #set(name, value) {
    try {
      localStorage.setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      this.#fallback.set(name, value);
    }
  }
}
