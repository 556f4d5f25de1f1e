// Whose chat this is, as far as a browser can tell, and how it ends.

/** The `sub` of a site token. Decoded only to notice a change of customer; the server verifies it. */
export function subjectOf(siteToken) {
  if (!siteToken) return null;
  try {
    const payload = siteToken.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return String(JSON.parse(new TextDecoder().decode(bytes)).sub ?? siteToken);
  } catch {
    return siteToken; // not readable: then every other token is another customer
  }
}

/** Ends a session on the server. Fire and forget; it survives the end of the page. */
export function endSession(endpoint, token) {
  const headers = { Authorization: `Bearer ${token}` };
  fetch(`${endpoint}/api/chat/sessions`, { method: "DELETE", headers, keepalive: true, credentials: "omit" }).catch(() => {});
}
