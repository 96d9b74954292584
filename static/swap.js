// Replaces parts of a page by what the server sends, each by the element of its id. Without it everything works too.
// An element with data-refresh-url is asked for again, every data-refresh-seconds, until it has no such attribute.
// A form or button with data-swap sends without leaving the page; what must be seen elsewhere is a redirect, gone to.
// A form with data-live, the id of an element, replaces that element while one types, and keeps the address in step.
"use strict";

(() => {
  const SLOWEST = 30; // seconds between tries while the server does not answer
  const PAUSE = 300; // milliseconds without a key before the server is asked
  const SIGNED_OUT = "signed out";

  const watch = (element) => later(element, Number(element.dataset.refreshSeconds) || 2);
  const later = (element, seconds) => setTimeout(() => refresh(element, seconds), seconds * 1000);

  async function refresh(element, seconds) {
    if (!element.isConnected) return;
    if (document.hidden) return document.addEventListener("visibilitychange", () => refresh(element, seconds), { once: true });
    const fresh = await ask(element.dataset.refreshUrl);
    if (fresh === SIGNED_OUT) return;
    if (!fresh?.length) later(element, Math.min(seconds * 2, SLOWEST));
    else if (element.isConnected) fresh.forEach((part) => replace(document.getElementById(part.id) ?? element, part));
  }

  // The newer parts, or null while the server cannot be asked; with an id, that part of a whole page.
  async function ask(url, id) {
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (answer.redirected) return SIGNED_OUT;
      return answer.ok ? parts(await answer.text(), id) : null;
    } catch {
      return null;
    }
  }

  function parts(html, id) {
    const page = new DOMParser().parseFromString(html, "text/html");
    return id ? [page.getElementById(id)].filter(Boolean) : [...page.body.children];
  }

  // A part that is read out when it changes stays where it is and gets new contents.
  function replace(old, fresh) {
    keep(old, fresh);
    if (fresh.getAttribute("role") === "status" && old.id === fresh.id) {
      old.className = fresh.className;
      old.replaceChildren(...fresh.childNodes);
    } else {
      old.replaceWith(fresh);
    }
    [fresh, ...fresh.querySelectorAll("*")].filter((part) => part.dataset?.refreshUrl).forEach(watch);
    document.dispatchEvent(new CustomEvent("swapped", { detail: fresh }));
  }

  // What a reader has opened stays open, what they ticked (data-kept) stays ticked.
  function keep(old, fresh) {
    const those = (selector, name) => new Set([...old.querySelectorAll(selector)].map((item) => item[name]));
    const opened = those("details[open]", "id"), ticked = those("[data-kept]:checked", "value");
    for (const item of fresh.querySelectorAll("details[id]")) item.open = opened.has(item.id);
    for (const item of fresh.querySelectorAll("[data-kept]")) item.checked ||= ticked.has(item.value);
  }

  function live(form) {
    let asked = 0;
    form.addEventListener("input", (event) => {
      if (document.getElementById(form.dataset.live).contains(event.target)) return;
      const mine = ++asked;
      setTimeout(async () => {
        if (mine !== asked || !form.reportValidity()) return;
        const url = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
        const fresh = await ask(url, form.dataset.live);
        if (mine !== asked || !fresh?.length || fresh === SIGNED_OUT) return;
        history.replaceState(null, "", url);
        replace(document.getElementById(form.dataset.live), fresh[0]);
      }, PAUSE);
    });
  }

  async function send(form, button) {
    form.setAttribute("aria-busy", "true");
    const url = button?.hasAttribute("formaction") ? button.formAction : form.action;
    try {
      const answer = await fetch(url, { method: "POST", body: new FormData(form, button), headers: { "X-Requested-With": "swap" } });
      if (answer.redirected) return location.assign(answer.url);
      if (!answer.ok) throw new Error(answer.status);
      for (const part of parts(await answer.text())) replace(document.getElementById(part.id) ?? form, part);
      form.removeAttribute("aria-busy");
    } catch {
      [form, button].forEach((one) => one?.removeAttribute("data-swap")); // as without this script: the server's own page says what is wrong
      form.requestSubmit(button);
    }
  }

  document.addEventListener("submit", (event) => {
    if (![event.target, event.submitter].some((one) => one?.matches("[data-swap]"))) return;
    event.preventDefault();
    if (!event.target.matches("[aria-busy]")) send(event.target, event.submitter);
  });
  document.querySelectorAll("[data-refresh-url]").forEach(watch);
  document.querySelectorAll("form[data-live]").forEach(live);
})();
