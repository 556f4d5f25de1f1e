// Staying connected: a websocket where it works, long polling where it does not, for as long as it takes.

import { ApiError } from "./api.js";

const HEARTBEAT = 25_000;
const TYPING = 3000; // how often it is told that somebody is writing
const ANSWER = 8_000; // a socket that says nothing for so long after a question is dead
const STABLE = 10_000; // only a connection that lasted resets the back-off
const POLLS_BEFORE_SOCKET = 20;

export class Connection {
  #api;
  #url;
  #token;
  #after;
  #deliver;
  #report;
  #running = false;
  #attempt = 0;
  #refusals = 0; // sockets that never answered
  #polls = 0;
  #fresh = true;
  #socket = null;
  #abort = null;
  #rest = null;
  #typed = -Infinity;

  /** `after()` is the cursor; `deliver(update)` takes what came; `report("online" | "offline" | "unauthorized")`. */
  constructor({ api, endpoint, token, after, deliver, report }) {
    this.#api = api;
    this.#url = `${endpoint.replace(/^http/, "ws")}/api/chat/socket`;
    this.#token = token;
    this.#after = after;
    this.#deliver = deliver;
    this.#report = report;
  }

  async start() {
    this.#running = true;
    while (this.#running) {
      try {
        await (this.#refusals < 2 ? this.#listen() : this.#poll());
      } catch (error) {
        if (!this.#running) return;
        if (error.code === "unauthorized") return this.#report("unauthorized");
        this.#report("offline");
        await this.#pause(error.retryAfter);
      }
    }
  }

  stop() {
    this.#running = false;
    this.#socket?.close();
    this.#abort?.abort();
    this.#rest?.();
  }

  /** Somebody is writing; without a socket nobody is told. */
  typing() {
    if (Date.now() - this.#typed < TYPING) return;
    this.#typed = Date.now();
    this.#socket?.send({ type: "typing" });
  }

  /** The page came back or the network did: look at once instead of at the end of the pause. */
  wake() {
    this.#attempt = 0;
    this.#rest?.();
    this.#socket?.check();
    this.#abort?.abort("wake");
  }

  #listen() {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url);
      let greeted = 0;
      let deadline = null;
      const send = (frame) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));
      const check = () => {
        send({ type: "ping" });
        deadline ??= setTimeout(() => finish(), ANSWER);
      };
      const beat = setInterval(check, HEARTBEAT);
      const finish = (code) => {
        clearInterval(beat);
        clearTimeout(deadline);
        socket.onclose = socket.onmessage = null;
        socket.close();
        this.#socket = null;
        if (!greeted && code !== 4401) this.#refusals += 1;
        if (greeted && Date.now() - greeted > STABLE) this.#attempt = 0;
        this.#polls = 0;
        reject(new ApiError(code === 4401 ? "unauthorized" : "network"));
      };
      socket.onopen = () => {
        send({ type: "hello", token: this.#token, after: this.#after() });
        check();
      };
      socket.onmessage = ({ data }) => {
        clearTimeout(deadline);
        deadline = null;
        if (!greeted) this.#report("online");
        greeted ||= Date.now();
        this.#refusals = 0;
        const frame = JSON.parse(data);
        if (frame.type === "update") this.#deliver(frame);
      };
      socket.onclose = ({ code }) => finish(code);
      deadline = setTimeout(() => finish(), ANSWER);
      this.#socket = { check, send, close: () => finish() };
    });
  }

  async #poll() {
    this.#abort = new AbortController();
    const wait = this.#fresh ? 0 : 25;
    const start = Date.now();
    this.#fresh = true;
    try {
      const update = await this.#api.updates(this.#after(), wait, this.#abort.signal);
      this.#deliver(update);
      this.#fresh = false;
      this.#attempt = 0;
      this.#report("online");
      const hasty = wait && !update.messages.length && Date.now() - start < 1000;
      if (hasty) await this.#pause(2); // a server that does not wait must not be asked in a circle
    } catch (error) {
      if (this.#abort.signal.reason !== "wake") throw error;
    }
    this.#polls += 1;
    if (this.#polls >= POLLS_BEFORE_SOCKET) this.#refusals = 1;
  }

  #pause(seconds) {
    const ceiling = Math.min(30_000, 500 * 2 ** this.#attempt);
    this.#attempt += 1;
    const delay = seconds ? seconds * 1000 : ceiling * (0.5 + Math.random() / 2);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.#rest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
