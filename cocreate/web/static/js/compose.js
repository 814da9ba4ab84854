/* The form for a post: looks for similar ones, keeps drafts, sends without losing a word. It works without all this. */
(() => {
  const PAUSE = 300, SAVE = 900, AGAIN = 3000, HAN = /\p{Script=Han}/gu, WORD = /[a-z][a-z0-9+-]{2,}/i;
  const tab = Math.random().toString(36).slice(2, 14);
  const store = {
    get: (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, JSON.stringify(value)); } catch { /* private mode */ } },
  };
  const home = () => document.querySelector("[data-compose]"), form = () => document.getElementById("write");
  let seq = 0, composing = false, looking, saving, lookTimer, saveTimer, dirty = false, asked = "", sent = false;

  const fields = () => new FormData(form());
  const field = (name, value) => { const input = form().elements[name]; if (input && value !== undefined) input.value = value; };
  const text = () => { const data = fields(); return `${data.get("title") || ""}\n${data.get("body") || ""}`; };
  const enough = (said) => (said.match(HAN) || []).length >= 4 || WORD.test(said);
  const local = () => `compose:${home().dataset.member}:${home().dataset.post || "new"}`;
  const part = (data) => ({ method: "POST", body: data, headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
  const parse = (html) => new DOMParser().parseFromString(`<body>${html}</body>`, "text/html");
  const note = (id) => { const from = document.getElementById(id); if (from) document.getElementById("flash").append(from.content.cloneNode(true)); };

  /* Similar ones and private numbers, after a pause; the older question is dropped. */
  async function look() {
    const data = fields(), question = JSON.stringify([...data].filter(([name]) => !["version", "draft", "once"].includes(name)));
    if (question === asked) return;
    looking?.abort();
    if (!enough(text())) { asked = question; ["similar", "private"].forEach((id) => document.getElementById(id)?.replaceChildren()); return; }
    const mine = looking = new AbortController();
    try {
      const answer = await fetch(home().dataset.hints, { ...part(data), signal: mine.signal });
      if (!answer.ok || answer.headers.get("HX-Redirect")) return;
      const page = parse(await answer.text());
      if (mine.signal.aborted) return;
      asked = question;
      for (const id of ["similar", "private"]) {
        const now = document.getElementById(id), next = page.getElementById(id);
        // Whoever has walked into the list keeps it; an equal one does not flicker.
        if (!now || !next || now.contains(document.activeElement) || now.innerHTML === next.innerHTML) continue;
        now.replaceWith(document.adoptNode(next));
        window.htmx?.process(document.getElementById(id));
      }
    } catch { /* without a connection nothing is suggested */ }
  }

  /* Drafts: on the server while there is one, in this browser otherwise. One saving at a time. */
  const snapshot = () => ({ at: Date.now(), version: fields().get("version"), key: fields().get("draft"), fields: Object.fromEntries([...fields()].filter(([name]) => !["once", "version", "draft", "post_id"].includes(name))) });
  const keepHere = () => { if (home()?.dataset.member) store.set(local(), snapshot()); };
  function line(html) {
    const next = parse(html).getElementById("draft-line"), now = document.getElementById("draft-line");
    if (!next || !now) return false;
    field("draft", next.dataset.draftKey);
    field("version", next.dataset.version);
    now.replaceWith(document.adoptNode(next));
    return true;
  }
  function offline() {
    keepHere();
    const now = document.getElementById("draft-line"), words = document.getElementById("draft-kept-here");
    if (now && words) now.replaceChildren(words.content.cloneNode(true));
  }
  /* A browser does not always say that it is connected again, and a server never says that it is back. */
  function later() { dirty = true; clearTimeout(saveTimer); saveTimer = setTimeout(save, AGAIN); }
  async function save(leaving = false) {
    if (!home() || sent || !dirty) return;
    if (saving && !leaving) { saveTimer = setTimeout(save, SAVE); return; }
    const data = fields();
    if (!home().dataset.post && !`${data.get("title")}${data.get("body")}${data.get("tags")}`.trim()) return;
    dirty = false;
    data.set("tab", tab);
    data.set("seq", ++seq);
    const mine = saving = fetch(home().dataset.drafts, { ...part(data), keepalive: leaving });
    try {
      const answer = await mine, html = await answer.text();
      if (sent) return;
      if (answer.ok && !answer.headers.get("HX-Redirect") && line(html)) { if (!dirty) store.set(local(), null); }
      else { offline(); if (answer.status >= 500) later(); }
    } catch { if (!sent) { offline(); later(); } } finally { if (saving === mine) saving = null; }
  }

  /* Sending: an answer that is the form again takes its place; without an answer everything stays as it is. */
  async function send(event) {
    const pressed = event.submitter, action = pressed?.getAttribute("formaction") || form().getAttribute("action");
    event.preventDefault();
    event.stopImmediatePropagation();
    if (pressed?.classList.contains("is-loading")) return;
    keepHere();
    clearTimeout(saveTimer);
    pressed?.classList.add("is-loading");
    try {
      await saving?.catch?.(() => null);
      const answer = await fetch(action, part(new FormData(form(), pressed)));
      const to = answer.headers.get("HX-Redirect"), html = await answer.text();
      if (answer.ok && to) { sent = true; if (!to.startsWith("/sign-in")) store.set(local(), null); location.assign(to); return; }
      const next = parse(html).querySelector("[data-compose]");
      if (next) { place(next); return; }
      if (answer.status >= 500) note("note-server"); else document.getElementById("flash").append(...parse(html).body.childNodes);
    } catch { note("note-not-sent"); }
    pressed?.classList.remove("is-loading");
  }
  function place(next) {
    next.dataset.member ||= home().dataset.member;
    home().replaceWith(document.adoptNode(next));
    window.htmx?.process(home());
    home().querySelector("[data-focus]")?.focus();
    dirty = true;
    asked = "";
    saveTimer = setTimeout(save, SAVE);
  }

  /* What is not wanted in the form now waits among the drafts; the server puts it beside what it knows. */
  async function hand(kept) {
    const data = new FormData(), at = local();
    for (const [name, value] of Object.entries({ ...kept.fields, draft: kept.key, version: kept.version, post_id: home().dataset.post })) data.set(name, value ?? "");
    const answer = await fetch(home().dataset.drafts, part(data)).catch(() => null);
    if (!answer || answer.status >= 500) { setTimeout(() => { if (store.get(at)?.at === kept.at) hand(kept); }, AGAIN); return; }
    if (answer.ok && !answer.headers.get("HX-Redirect") && store.get(at)?.at === kept.at) store.set(at, null);
  }

  /* What this browser kept is newer than what the server gave: it comes back, and goes to the server. */
  function restore() {
    const kept = store.get(local());
    if (!kept?.fields) return;
    if (new URLSearchParams(location.search).has("fresh")) { hand(kept); return; }
    const data = fields(), same = ["title", "body"].every((name) => (data.get(name) || "") === (kept.fields[name] || ""));
    if (same) { store.set(local(), null); return; }
    const given = Date.parse(home().dataset.savedAt) || 0, empty = !`${data.get("title")}${data.get("body")}`.trim();
    if (kept.at < given || !(empty || given || home().dataset.post)) { hand(kept); return; }
    for (const [name, value] of Object.entries(kept.fields)) if (name !== "src") { const input = form().elements[name]; if (input?.type === "checkbox") input.checked = Boolean(value); else field(name, value); }
    field("draft", kept.key);
    field("version", kept.version);
    if (kept.fields.body) document.querySelector(".write-more").open = true;
    document.getElementById("draft-line").replaceChildren(document.getElementById("draft-from-here").content.cloneNode(true));
    dirty = true;
    save();
    look();
  }

  const typed = (event) => {
    if (!home() || event.target.form !== form()) return;
    dirty = true;
    if (composing || event.isComposing) return;
    clearTimeout(lookTimer);
    clearTimeout(saveTimer);
    lookTimer = setTimeout(look, PAUSE);
    saveTimer = setTimeout(save, SAVE);
  };
  document.addEventListener("compositionstart", () => { composing = true; clearTimeout(lookTimer); clearTimeout(saveTimer); looking?.abort(); }, true);
  document.addEventListener("compositionend", (event) => { composing = false; setTimeout(() => typed(event)); }, true);
  document.addEventListener("input", typed);
  document.addEventListener("change", typed);
  document.addEventListener("submit", (event) => { if (home() && event.target === form()) send(event); }, true);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
  window.addEventListener("pagehide", () => { if (dirty && home() && !sent) { keepHere(); save(true); } });
  window.addEventListener("pageshow", (event) => { if (event.persisted && sent) location.reload(); });
  window.addEventListener("online", () => { if (dirty) save(); });
  document.addEventListener("DOMContentLoaded", () => { if (home()) restore(); });
})();
