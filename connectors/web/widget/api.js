// The chat API over HTTP: one function per request, every failure an ApiError.

export class ApiError extends Error {
  /** `code` as the server names it, or "network"; `retryAfter` in seconds or null. */
  constructor(code, status = 0, retryAfter = null) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export class Api {
  #base;
  #token = null;

  constructor(endpoint) {
    this.#base = `${endpoint}/api/chat/`;
  }

  as(token) {
    this.#token = token;
  }

  begin(wishes) {
    return this.#json("sessions", { method: "POST", body: wishes, token: null });
  }

  say({ id, text, choice }) {
    const body = { client_message_id: id, ...(choice === undefined ? { text } : { choice }) };
    return this.#json("messages", { method: "POST", body, limit: 15 });
  }

  updates(after, wait, signal) {
    return this.#json(`messages?after=${after}&wait=${wait}`, { signal, limit: wait + 15 });
  }

  apps() {
    return this.#json("apps", {});
  }

  earlier(before) {
    return this.#json(`earlier${before ? `?before=${encodeURIComponent(before)}` : ""}`, {});
  }

  linkCode() {
    return this.#json("link-codes", { method: "POST" });
  }

  async file(attachmentId) {
    const response = await this.#fetch(`attachments/${encodeURIComponent(attachmentId)}`, { limit: 60 });
    return response.blob();
  }

  /** XMLHttpRequest, because fetch does not report how far an upload has come. */
  upload(file, id, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("client_message_id", id);
      body.append("file", file, file.name);
      request.open("POST", `${this.#base}attachments`);
      request.setRequestHeader("Authorization", `Bearer ${this.#token}`);
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onerror = request.onabort = request.ontimeout = () => reject(new ApiError("network"));
      request.onload = () =>
        request.status < 300 ? resolve(request.response) : reject(problem(request.status, request.response, request.getResponseHeader("Retry-After")));
      request.send(body);
    });
  }

  async #json(path, options) {
    const response = await this.#fetch(path, options);
    return response.json().catch(() => {
      throw new ApiError("network");
    });
  }

  async #fetch(path, { method = "GET", body, token = this.#token, signal, limit = 20 }) {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    const timer = new AbortController();
    const abort = () => timer.abort();
    const timeout = setTimeout(abort, limit * 1000);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const request = { method, headers, body: body && JSON.stringify(body), signal: timer.signal, credentials: "omit", cache: "no-store" };
      const response = await fetch(this.#base + path, request).catch(() => {
        throw new ApiError("network");
      });
      if (!response.ok) throw problem(response.status, await response.json().catch(() => null), response.headers.get("Retry-After"));
      return response;
    } finally {
      clearTimeout(timeout);
      signal?.removeEventListener("abort", abort);
    }
  }
}

function problem(status, body, retryAfter) {
  const code = status === 401 ? "unauthorized" : (body?.code ?? (status >= 500 ? "unavailable" : status === 413 ? "file_too_large" : "bad_request"));
  return new ApiError(code, status, Number(retryAfter) || null);
}
