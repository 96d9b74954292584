// Keeps parts of a page fresh: an element with data-refresh-url is replaced, every data-refresh-seconds, by what the
// server sends from there, until that has no such attribute any more. Without JavaScript the page has a link instead.
"use strict";

(() => {
  const SLOWEST = 30; // seconds between tries while the server does not answer
  const SIGNED_OUT = "signed out";

  function watch(element) {
    later(element, Number(element.dataset.refreshSeconds) || 2);
  }

  function later(element, seconds) {
    setTimeout(() => refresh(element, seconds), seconds * 1000);
  }

  async function refresh(element, seconds) {
    if (document.hidden) {
      document.addEventListener("visibilitychange", () => refresh(element, seconds), { once: true });
      return;
    }
    const fresh = await ask(element.dataset.refreshUrl);
    if (fresh === SIGNED_OUT) return;
    if (fresh) replace(element, fresh);
    else later(element, Math.min(seconds * 2, SLOWEST));
  }

  // The newer self of an element, or null while the server cannot be asked.
  async function ask(url) {
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (answer.redirected) return SIGNED_OUT;
      const html = answer.ok ? await answer.text() : "";
      return new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    } catch {
      return null;
    }
  }

  function replace(element, fresh) {
    if (!element.isConnected) return;
    keepOpen(element, fresh);
    element.replaceWith(fresh);
    if (fresh.dataset.refreshUrl) watch(fresh);
  }

  // What a reader has opened stays open.
  function keepOpen(old, fresh) {
    const opened = new Set([...old.querySelectorAll("details[open]")].map((item) => item.id));
    for (const item of fresh.querySelectorAll("details[id]")) item.open = opened.has(item.id);
  }

  document.querySelectorAll("[data-refresh-url]").forEach(watch);
})();
