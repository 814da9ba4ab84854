/* The search field as a combobox: a pause in typing asks /search/instant, arrows walk what it answers, Enter opens it.
   Without this script the form submits. app.js silences [data-ime] fields while an input method composes. */
(() => {
  const PAUSE = 300, KEPT = 30;
  let number = 0;

  function enhance(form) {
    const field = form.querySelector("[data-search]"), list = form.querySelector("[data-instant-list]"), said = form.querySelector("[data-instant-said]");
    if (!field || !list || field.role === "combobox") return;
    list.id ||= `instant-${++number}`;
    const facts = { role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-controls": list.id };
    for (const [name, value] of Object.entries(facts)) field.setAttribute(name, value);
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", field.getAttribute("aria-label"));
    const answers = new Map();
    let clock, request, shown = null, active = -1, composing = false;

    const options = () => [...list.querySelectorAll("[role=option]")];
    const text = () => field.value.trim();

    function walk(step) {
      const all = options();
      if (!all.length) return;
      // One place more than there are options: from the last one, the way leads through the field itself.
      const places = all.length + 1;
      choose((active + 1 + step + places) % places - 1);
    }
    function choose(place) {
      const all = options();
      active = place;
      all.forEach((option, at) => option.setAttribute("aria-selected", String(at === place)));
      if (place < 0) { field.removeAttribute("aria-activedescendant"); return; }
      field.setAttribute("aria-activedescendant", all[place].id);
      all[place].scrollIntoView({ block: "nearest" });
    }
    function open() {
      if (!list.firstElementChild?.childElementCount || document.activeElement !== field) { close(); return; }
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
    }
    function close() {
      clearTimeout(clock);
      request?.abort();
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      choose(-1);
      if (said) said.textContent = "";
    }
    function show(asked, html) {
      shown = asked;
      list.innerHTML = html;
      options().forEach((option, at) => { option.id = `${list.id}-${at}`; });
      choose(-1);
      list.scrollTop = 0;
      open();
      if (said && !list.hidden) said.textContent = list.firstElementChild?.dataset.said || "";
    }
    async function ask() {
      const asked = text();
      request?.abort();
      if (answers.has(asked)) { show(asked, answers.get(asked)); return; }
      const mine = request = new AbortController();
      try {
        const answer = await fetch(`${form.dataset.instant}?${new URLSearchParams({ q: asked })}`, { signal: mine.signal, headers: { "HX-Request-Type": "partial" } });
        if (!answer.ok) { close(); return; }
        const html = await answer.text();
        if (mine.signal.aborted || asked !== text()) return;
        answers.set(asked, html);
        if (answers.size > KEPT) answers.delete(answers.keys().next().value);
        show(asked, html);
      } catch (error) {
        if (error.name !== "AbortError") close();
      }
    }
    function later(pause = PAUSE) {
      clearTimeout(clock);
      request?.abort();
      if (composing) return;
      if (shown !== null && shown === text()) { open(); return; }
      clock = setTimeout(ask, pause);
    }

    field.addEventListener("compositionstart", () => { composing = true; clearTimeout(clock); request?.abort(); });
    field.addEventListener("compositionend", () => { composing = false; later(); });
    field.addEventListener("input", (event) => { if (!event.isComposing && !composing) later(); });
    field.addEventListener("focus", () => later(text() ? PAUSE : 0));
    field.addEventListener("click", () => { if (list.hidden && !composing) later(0); });
    field.addEventListener("keydown", (event) => {
      // 229: the key belongs to an input method, also where isComposing is over already (Safari's Enter).
      if (event.isComposing || composing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { later(0); return; }
        walk(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && active >= 0 && !list.hidden) {
        event.preventDefault();
        options()[active].click();
      } else if (event.key === "Enter") {
        close();
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Tab") {
        close();
      }
    });
    // The field keeps the focus, so that the list stays open until the press has become a click.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("mousemove", (event) => {
      const at = options().indexOf(event.target.closest("[role=option]"));
      if (at >= 0 && at !== active) choose(at);
    });
    form.addEventListener("submit", close);
    document.addEventListener("pointerdown", (event) => { if (!form.contains(event.target)) close(); });
    form.addEventListener("focusout", (event) => { if (event.relatedTarget && !form.contains(event.relatedTarget)) close(); });
    window.addEventListener("pageshow", (event) => { if (event.persisted) { answers.clear(); shown = null; close(); } });
  }

  const enhanceAll = () => document.querySelectorAll("form[data-instant]").forEach(enhance);
  document.addEventListener("DOMContentLoaded", enhanceAll);
  document.addEventListener("htmx:after:swap", enhanceAll);
})();
