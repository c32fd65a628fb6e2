// What needs a script: search as one types, branches of a tree that are fetched when opened, and
// numbers that move while a sync is at work. Without it every view is a page to read.
//
// Markup comes from our own server, where every text of a user is escaped; nothing here makes markup
// out of data.
"use strict";

(() => {
  /** Fetches a part of a view. Somebody who is signed out meanwhile is sent to sign in. */
  async function part(url, signal) {
    const answer = await fetch(url, { headers: { "x-headcount-part": "1" }, signal, credentials: "same-origin" });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  /** Puts a part in its place; whoever was in a field stays in it. */
  function put(place, html) {
    place.innerHTML = html;
    prepare(place);
  }

  // data-live="#id" on a form: what it asks is shown in #id while one types or chooses. The address
  // of the page follows, so that it can be sent to somebody.
  function live(form) {
    let waiting = null;
    let asking = null;
    const place = document.querySelector(form.dataset.live);
    const ask = async () => {
      asking?.abort();
      asking = new AbortController();
      const fields = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (value !== "") fields.append(name, value);
      const url = new URL(form.action);
      url.search = fields.toString();
      place.setAttribute("aria-busy", "true");
      try {
        put(place, await part(url, asking.signal));
        history.replaceState(null, "", url);
      } catch (error) {
        // The next letter has asked already; anything else is told by the view itself.
        if (error.name !== "AbortError") location.assign(url);
        else return;
      }
      place.removeAttribute("aria-busy");
    };
    // data-late on a field: what stands in it counts once it is whole.
    const isLate = (event) => event.target.matches("[data-late]");
    form.addEventListener("change", (event) => {
      if (!isLate(event)) return;
      clearTimeout(waiting);
      ask();
    });
    form.addEventListener("input", (event) => {
      if (isLate(event)) return;
      clearTimeout(waiting);
      waiting = setTimeout(ask, event.target.matches("input[type=search], input:not([type])") ? 90 : 0);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(waiting);
      ask();
    });
    for (const button of form.querySelectorAll("[data-plain]")) button.hidden = true;
  }

  // data-submit on a form: choosing is enough, no button has to be pressed.
  function submit(form) {
    form.addEventListener("change", () => form.requestSubmit());
    for (const button of form.querySelectorAll("[data-plain]")) button.hidden = true;
  }

  // data-branch="URL" on a <details>: what is inside is fetched when it is opened for the first time.
  function branch(details) {
    details.addEventListener("toggle", async () => {
      if (!details.open || details.dataset.fetched) return;
      details.dataset.fetched = "yes";
      const place = details.querySelector("[data-here]");
      try {
        put(place, await part(details.dataset.branch));
      } catch {
        delete details.dataset.fetched;
      }
    });
  }

  // data-watch="SECONDS" on an element with an id: it is fetched anew as long as it says so.
  function watch(place) {
    const seconds = Number(place.dataset.watch);
    if (!seconds) return;
    setTimeout(async () => {
      if (!place.isConnected) return;
      try {
        const html = await part(location.href);
        const held = document.createElement("template");
        held.innerHTML = html;
        const fresh = held.content.querySelector(`#${place.id}`);
        if (fresh) {
          place.replaceWith(fresh);
          prepare(fresh.parentNode);
        }
      } catch {
        // A server in trouble is not asked again at once.
        place.dataset.watch = Math.max(seconds, 5);
        watch(place);
      }
    }, seconds * 1000);
  }

  // data-copy="TEXT or empty" on a button: the text, or the address of the view, for somebody else.
  function copy(button) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy || location.href);
      const before = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = before; }, 1500);
    });
  }

  // data-sure="QUESTION" on a form: asked before it is sent.
  function sure(form) {
    form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.sure)) event.preventDefault();
    });
  }

  const kinds = [
    ["form[data-live]", live],
    ["form[data-submit]", submit],
    ["details[data-branch]", branch],
    ["[data-watch]", watch],
    ["button[data-copy]", copy],
    ["form[data-sure]", sure],
  ];

  /** Gives life to what stands in `root`, once. */
  function prepare(root) {
    for (const [selector, begin] of kinds) {
      for (const found of root.querySelectorAll(selector)) {
        if (found.dataset.alive) continue;
        found.dataset.alive = "yes";
        begin(found);
      }
    }
  }

  // "/" goes to the search field, as in most tools.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input, select, textarea")) return;
    const field = document.querySelector("input[type=search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  });

  prepare(document);
})();
