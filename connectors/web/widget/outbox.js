// Messages typed here, kept until the server has acknowledged them. The same id is sent each time, so twice does no harm.

const RETRY = [1000, 2000, 4000, 8000, 15_000, 30_000];

export class Outbox {
  #api;
  #memory;
  #ready;
  #changed;
  #sent;
  #unauthorized;
  #failures = new Map(); // id -> code
  #attempt = 0;
  #timer = null;
  #flushing = false;
  #again = false;

  constructor({ api, memory, ready, changed, sent, unauthorized }) {
    this.#api = api;
    this.#memory = memory;
    this.#ready = ready;
    this.#changed = changed;
    this.#sent = sent;
    this.#unauthorized = unauthorized;
  }

  get items() {
    return this.#memory.outbox.map((item) => ({ ...item, text: item.text ?? item.title, code: this.#failures.get(item.id) ?? null }));
  }

  add(content) {
    this.#memory.queue({ id: newId(), at: new Date().toISOString(), ...content });
    this.#changed();
    this.flush();
  }

  retry(id) {
    this.#failures.delete(id);
    this.#changed();
    this.flush();
  }

  discard(id) {
    this.#memory.unqueue(id);
    this.#failures.delete(id);
    this.#changed();
  }

  clear() {
    clearTimeout(this.#timer);
    this.#failures.clear();
    this.#attempt = 0;
  }

  /** Sends what waits, in order; one tab at a time where the browser can lock. */
  async flush() {
    clearTimeout(this.#timer);
    this.#again = this.#flushing;
    if (this.#flushing || !this.#ready() || !this.#memory.outbox.length) return;
    this.#flushing = true;
    try {
      await alone(() => this.#sendAll());
    } finally {
      this.#flushing = false;
      if (this.#again) this.flush();
    }
  }

  async #sendAll() {
    for (const item of this.#memory.outbox) {
      const failure = this.#failures.get(item.id);
      if (failure && failure !== "network") continue; // refused for good, until the customer tries again
      try {
        const { seq } = await this.#api.say(item);
        if (!this.#ready()) return;
        this.#attempt = 0;
        this.#failures.delete(item.id);
        this.#memory.unqueue(item.id);
        this.#sent({ seq, text: item.text ?? item.title, client_message_id: item.id, at: item.at });
      } catch (error) {
        if (!this.#ready()) return;
        if (error.code === "unauthorized") return this.#unauthorized();
        if (error.passing) return this.#later(item, error);
        this.#failures.set(item.id, error.code);
        this.#changed();
      }
    }
  }

  #later(item, error) {
    if (error.code !== "rate_limited") this.#failures.set(item.id, "network");
    const delay = error.retryAfter ? error.retryAfter * 1000 : RETRY[Math.min(this.#attempt, RETRY.length - 1)];
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.flush(), delay * (0.75 + Math.random() / 2));
    this.#changed();
  }
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent on plain http
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A lock spares double requests; without it they would be harmless, so it is never waited for long. */
async function alone(work) {
  if (!navigator.locks) return work();
  let started = false;
  const run = () => {
    started = true;
    return work();
  };
  try {
    return await navigator.locks.request("returndesk:outbox", { signal: AbortSignal.timeout(5000) }, run);
  } catch (error) {
    if (started) throw error;
    return work();
  }
}
