/* What HTML alone does not do. Everything here only makes quicker what works without it. */
(() => {
  const root = document.documentElement, store = window.localStorage;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const seen = (element) => element.getClientRects().length > 0;
  const typing = (element) => element.matches?.("input:not([type=checkbox],[type=radio],[type=submit]),textarea,select,[contenteditable]");
  const on = (type, act, capture = false) => document.addEventListener(type, act, capture);
  const tell = (id) => {
    const note = document.getElementById(id), flash = document.getElementById("flash");
    if (!note || !flash || flash.querySelector(`[data-note="${id}"]`)) return;
    const copy = note.content.cloneNode(true);
    copy.firstElementChild.dataset.note = id;
    flash.append(copy);
    arrive(flash);
  };
  let keep = { get: (k) => { try { return store.getItem(k); } catch { return null; } }, set: (k, v) => { try { v === null ? store.removeItem(k) : store.setItem(k, v); } catch { /* private mode */ } } };
  root.classList.add("has-script");
  root.classList.toggle("keys-off", keep.get("keys") === "off");

  /* Keys: "/" searches, J and K walk rows, data-key presses the real control. Never while typing or composing. */
  let before = "", forget;
  on("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { all("[data-menu][open]").forEach(shut); return; }
    if (walkMenu(event) || typing(event.target) || root.classList.contains("keys-off")) return;
    const scope = document.querySelector("dialog[open]") || document;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, both = `${before} ${key}`;
    before = key;
    clearTimeout(forget);
    forget = setTimeout(() => { before = ""; }, 900);
    const row = document.activeElement.closest("[data-row]");
    const match = (wish) => {
      const found = all(`[data-key="${CSS.escape(wish)}"]`, scope).filter((element) => seen(element) && !element.disabled);
      return found.find((element) => row?.contains(element)) || found[0];
    };
    const control = match(both) || match(key);
    if (control) { event.preventDefault(); before = ""; control.focus(); control.click(); return; }
    if (key === "/") { const field = all("[data-search]").find(seen); if (field) { event.preventDefault(); field.focus(); field.select(); } }
    if (key === "j" || key === "k") walkRows(event, key === "j" ? 1 : -1);
  });
  function walkRows(event, step) {
    const home = document.activeElement.closest("[data-row]")?.parentElement || document.querySelector("[data-follow]") || document;
    const rows = all("[data-row]", home).filter(seen);
    const at = rows.findIndex((row) => row.contains(document.activeElement) || (!document.activeElement.closest("[data-row]") && row.ariaCurrent === "true"));
    const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)], link = row?.querySelector("a[href]");
    if (!link) return;
    event.preventDefault();
    link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (row.closest("[data-follow]")) link.click();
  }

  /* The input method: while it composes, nobody else hears the field. */
  on("input", (event) => { if (event.isComposing && event.target.matches?.("[data-ime]")) event.stopImmediatePropagation(); }, true);
  on("compositionend", (event) => { if (event.target.matches?.("[data-ime]")) event.target.dispatchEvent(new InputEvent("input", { bubbles: true })); });

  /* Drafts: kept while typing, given back to an empty field, forgotten once their form has led to another page. */
  on("input", (event) => {
    const key = event.target.dataset?.draft;
    if (!key) return;
    keep.set(`draft:${key}`, event.target.value || null);
    all(`[data-draft-note="${CSS.escape(key)}"]`).forEach((note) => { note.hidden = !event.target.value; });
  });
  on("submit", (event) => {
    const keys = [...(event.target.elements || [])].map((field) => field.dataset.draft).filter(Boolean);
    if (keys.length) keep.set("draft-sent", JSON.stringify(keys));
    if (event.defaultPrevented || event.target.method === "dialog") return;
    const pressed = event.submitter;
    setTimeout(() => pressed?.matches(".button") && pressed.classList.add("is-loading"));
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) all(".button.is-loading").forEach((button) => button.classList.remove("is-loading")); });
  function settleDrafts() {
    for (const key of JSON.parse(keep.get("draft-sent") || "[]")) if (!document.querySelector(`[data-draft="${CSS.escape(key)}"]`)) keep.set(`draft:${key}`, null);
    keep.set("draft-sent", null);
  }

  /* Dialogs and menus. */
  const shut = (menu) => { if (menu.contains(document.activeElement)) menu.querySelector("summary").focus(); menu.open = false; };
  function walkMenu(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], menu = event.target.closest?.("[data-menu]");
    if (!step || !menu) return false;
    menu.open = true;
    const items = all(".menu-item", menu), at = items.indexOf(document.activeElement);
    items[(at + step + items.length) % items.length]?.focus();
    event.preventDefault();
    return true;
  }
  on("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector), menu = hit("[data-menu]");
    all("[data-menu][open]").forEach((open) => { if (open !== menu) shut(open); });
    const opener = hit("[data-open]"), closer = hit("[data-close]"), copier = hit("[data-copy]"), row = hit("[data-follow] [data-row]");
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.open)?.showModal(); }
    if (closer) { event.preventDefault(); const box = closer.closest("dialog"); box.open ? box.close() : (location.hash = "_"); }
    if (event.target.matches?.("dialog[open]")) event.target.close();
    if (hit("[data-dismiss]")) leave(hit("[data-toast]") || hit("[data-dismiss]").parentElement);
    if (hit("[data-keys]")) { const off = root.classList.toggle("keys-off"); keep.set("keys", off ? "off" : null); }
    if (hit("[data-fullscreen]")) root.requestFullscreen?.();
    if (copier) { const from = document.querySelector(copier.dataset.copy); navigator.clipboard?.writeText(from.value ?? from.textContent.trim()).then(() => tell("note-copied")); }
    if (row) all("[data-row]", row.closest("[data-follow]")).forEach((one) => one.toggleAttribute("aria-current", one === row) && one.setAttribute("aria-current", "true"));
  });
  on("change", (event) => { if (event.target.matches?.("[data-submit]")) event.target.form.requestSubmit(); });

  /* What has just appeared. */
  const leave = (toast) => { toast.classList.add("is-leaving"); setTimeout(() => toast.remove(), 200); };
  function arrive(from) {
    for (const toast of all("[data-toast]:not([data-set])", from)) {
      let clock;
      const seconds = Number(toast.dataset.toast), go = () => { if (seconds) clock = setTimeout(() => leave(toast), seconds * 1000); };
      toast.dataset.set = "";
      for (const stop of ["mouseenter", "focusin"]) toast.addEventListener(stop, () => clearTimeout(clock));
      for (const start of ["mouseleave", "focusout"]) toast.addEventListener(start, go);
      go();
    }
    for (const field of all("[data-draft]", from)) {
      const kept = keep.get(`draft:${field.dataset.draft}`);
      if (kept && !field.value) { field.value = kept; field.dispatchEvent(new InputEvent("input", { bubbles: true })); }
    }
    const next = from.querySelector?.("[data-focus]");
    next?.focus();
    next?.removeAttribute("data-focus");
  }
  const tick = () => {
    for (const timer of all("[data-timer]")) {
      const passed = Math.max(0, Math.floor((Date.now() - Date.parse(timer.dataset.timer)) / 1000)), two = (n) => String(n).padStart(2, "0");
      timer.textContent = (passed >= 3600 ? `${Math.floor(passed / 3600)}:` : "") + `${two(Math.floor(passed / 60) % 60)}:${two(passed % 60)}`;
    }
  };
  setInterval(tick, 1000);

  /* htmx: new pieces, and a word when the network or the server fails. */
  on("htmx:after:swap", () => arrive(document));
  on("htmx:error", () => tell("note-network"));
  on("htmx:response:error", (event) => { if (event.detail?.ctx?.response?.status >= 500) tell("note-server"); });
  /* A line of tabs wider than the phone shows the one that is open. */
  const showTabs = () => all(".tabs [aria-current]").forEach((tab) => { tab.parentElement.scrollLeft += tab.getBoundingClientRect().right - tab.parentElement.getBoundingClientRect().right; });
  on("DOMContentLoaded", () => { settleDrafts(); arrive(document); showTabs(); tick(); });
})();
