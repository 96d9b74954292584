// Keeps parts of a page fresh: an element with data-refresh-url is replaced, every data-refresh-seconds, by what the
// server sends from there, until that has no such attribute any more. Without JavaScript the page has a link instead.
"use strict";

(() => {
  const SLOWEST = 30; // seconds between tries while the server does not answer

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
    let answer;
    try {
      answer = await fetch(element.dataset.refreshUrl, { headers: { Accept: "text/html" } });
    } catch {
      answer = null; // the server restarts, or the network is away
    }
    if (answer && answer.redirected) return; // signed out
    if (!answer || !answer.ok) {
      later(element, Math.min(seconds * 2, SLOWEST));
      return;
    }
    replace(element, await answer.text());
  }

  function replace(element, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    if (!fresh || !element.isConnected) return;
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
