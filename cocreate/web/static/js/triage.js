/* The triage workspace: what keys and selections do beyond pressing buttons. All of it has a button or a form as well. */
(() => {
  const desk = () => document.querySelector("[data-desk]");
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const pane = () => document.getElementById("theme-pane");
  const rows = () => all("#queue [data-row]");
  const current = () => document.activeElement.closest?.("#queue [data-row]") || document.querySelector("#queue [data-row][aria-current=true]") || rows()[0];
  const link = (row) => row?.querySelector("a.only-desk[href]");
  const off = () => document.documentElement.classList.contains("keys-off");
  const typing = (element) => element.matches?.("input:not([type=checkbox],[type=radio],[type=submit]),textarea,select,[contenteditable]");
  const on = (type, act, capture = false) => document.addEventListener(type, act, capture);

  /* Whether keys are on is remembered for the member, not for the browser. */
  on("DOMContentLoaded", () => {
    if (!desk()) return;
    const silent = desk().dataset.letters === "off";
    document.documentElement.classList.toggle("keys-off", silent);
    try { silent ? localStorage.setItem("keys", "off") : localStorage.removeItem("keys"); } catch { /* private mode */ }
    count();
  });

  /* Choosing rows: X, with Shift from the last one on; the mouse does the same. */
  let anchor = null;
  const boxes = () => all("#queue [data-check]");
  const everything = () => document.querySelector("[data-bulk] [data-all]");
  function choose(box, checked, range) {
    const list = boxes(), from = list.indexOf(anchor), to = list.indexOf(box);
    const span = range && from >= 0 ? list.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    for (const one of span) one.checked = checked;
    anchor = box;
    count();
  }
  function count() {
    const bar = document.querySelector("[data-bulk]"), wide = everything()?.checked;
    if (!bar) return;
    const list = boxes(), chosen = list.filter((box) => box.checked).length;
    const number = wide ? Number(bar.dataset.total) - (list.length - chosen) : chosen;
    bar.querySelector("[data-count]").textContent = number.toLocaleString(document.documentElement.lang);
    bar.classList.toggle("is-chosen", number > 0);
  }
  on("click", (event) => {
    const box = event.target.closest?.("[data-check]");
    if (box) { choose(box, box.checked, event.shiftKey); event.stopPropagation(); }
    else if (event.target.closest?.(".theme-check")) event.stopPropagation();
  }, true);
  on("change", (event) => {
    if (event.target.matches?.("[data-all]")) { for (const box of boxes()) box.checked = event.target.checked; count(); }
  });
  on("reset", (event) => { if (event.target.matches?.("[data-bulk]")) setTimeout(() => { for (const box of boxes()) box.checked = false; count(); }); });

  /* Keys that no single button stands for. Heard before app.js, which presses data-key. */
  window.addEventListener("keydown", (event) => {
    if (!desk() || event.isComposing || event.keyCode === 229) return;
    const open = document.querySelector("dialog[open]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("textarea, input") && event.target.form) {
      event.preventDefault(); event.target.form.requestSubmit(primary(event.target.form)); return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || off()) return;
    if (open) { digit(event, open); return; }
    if (typing(event.target)) { if (event.key === "Escape") event.target.blur(); return; }
    const row = current(), key = event.key.toLowerCase(), stop = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    if (key === "x" && row) {
      const box = row.querySelector("[data-check]");
      if (box) { stop(); choose(box, event.shiftKey ? true : !box.checked, event.shiftKey); link(row)?.focus({ preventScroll: true }); }
    } else if (key === "/") {
      const field = document.querySelector("[data-queue-search]");
      if (field) { stop(); field.closest("details").open = true; field.focus(); field.select(); }
    } else if (event.key === "Enter" && row && document.activeElement === link(row)) {
      const door = pane()?.querySelector(`[data-theme="${row.dataset.theme}"] .theme-open`);
      if (door) { stop(); door.click(); }
    } else if (key === "z") {
      // The toast knows acts of other rooms; what was done here is taken back in place.
      const toast = document.querySelector("#flash form:not([action^='/themes/decisions/']):not([action^='/triage/bulk/']) .toast-undo");
      if (toast) { stop(); toast.click(); }
    }
  }, true);
  function digit(event, open) {
    if (typing(event.target)) return;
    const choice = open.querySelector(`[data-digit="${CSS.escape(event.key)}"]`);
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    choice.form.querySelector("textarea")?.focus();
  }
  const primary = (form) => form.querySelector("button[type=submit]:not([name]), button[type=submit]");

  /* Splitting and linking happen further down in the theme: their buttons lead there, open, ready to type. */
  on("click", (event) => {
    const split = event.target.closest?.("[data-split]"), theme = (split || event.target.closest?.("[data-link]"))?.closest("[data-theme]");
    if (!theme) return;
    event.preventDefault();
    if (split) {
      const more = theme.querySelector("#voices details");
      if (more) more.open = true;
      (theme.querySelector("#voices input[type=checkbox]") || more?.querySelector("summary"))?.focus();
      return;
    }
    const links = theme.querySelector("#theme-links");
    all("select[data-picker]", links || theme).forEach(pick);
    links?.scrollIntoView({ block: "center" });
    (links?.querySelector("[role=combobox]") || links?.querySelector("summary"))?.focus();
  });

  /* A list that one finds things in by typing, over a plain select. */
  let pickers = 0;
  function pick(select) {
    if (select.dataset.ready) return;
    select.dataset.ready = "1";
    const id = `picker-${++pickers}`, field = document.createElement("input"), list = document.createElement("ul");
    field.className = "input"; field.type = "text"; field.autocomplete = "off"; field.placeholder = select.dataset.picker;
    field.setAttribute("role", "combobox"); field.setAttribute("aria-expanded", "true"); field.setAttribute("aria-controls", id);
    field.setAttribute("aria-autocomplete", "list"); field.setAttribute("aria-label", select.labels[0]?.firstChild.textContent || select.dataset.picker);
    list.id = id; list.className = "picker-list"; list.setAttribute("role", "listbox"); list.setAttribute("aria-label", select.dataset.picker);
    select.closest(".select").hidden = true;
    select.closest(".select").before(field, list);
    const known = [...select.options].filter((option) => option.value !== "").map((option) => ({ value: option.value, text: option.text, folded: option.text.normalize("NFKC").toLowerCase() }));
    // Where nothing may be chosen by chance, such as a theme to merge into, one types or walks first.
    const start = select.options[0]?.value === "" ? -1 : 0;
    let shown = [], at = start;
    const draw = () => {
      const words = field.value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
      shown = known.filter((one) => words.every((word) => one.folded.includes(word))).slice(0, 8);
      at = Math.min(at, shown.length - 1);
      list.replaceChildren(...shown.map((one, place) => {
        const item = document.createElement("li");
        item.id = `${id}-${place}`; item.setAttribute("role", "option"); item.setAttribute("aria-selected", String(place === at)); item.textContent = one.text;
        item.addEventListener("mousedown", (event) => { event.preventDefault(); at = place; take(); });
        return item;
      }));
      select.value = shown[at]?.value ?? "";
      shown[at] ? field.setAttribute("aria-activedescendant", `${id}-${at}`) : field.removeAttribute("aria-activedescendant");
    };
    const take = () => { if (shown[at]) { select.value = shown[at].value; field.value = shown[at].text; draw(); } };
    field.addEventListener("input", () => { at = field.value.trim() ? 0 : start; draw(); });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && shown.length) { event.preventDefault(); at = at < 0 ? (step > 0 ? 0 : shown.length - 1) : (at + step + shown.length) % shown.length; draw(); }
      if (event.key === "Enter") { event.preventDefault(); if (shown[at]) { select.value = shown[at].value; field.form.requestSubmit(primary(field.form)); } }
    });
    const first = known.findIndex((one) => one.value === select.value && select.querySelector("option[selected]"));
    if (first > 0) known.unshift(known.splice(first, 1)[0]);
    draw();
  }
  on("click", (event) => {
    const opener = event.target.closest?.("[data-open]"), box = opener && document.getElementById(opener.dataset.open);
    if (!box?.open) return;
    all("select[data-picker]", box).forEach(pick);
    const field = box.querySelector("[role=combobox]") || box.querySelector("[data-first]") || box.querySelector(".dialog-body input:not([type=hidden]), .dialog-body textarea");
    field?.focus();
    if (field?.matches("input[type=text]")) field.select();
  });
  on("toggle", (event) => {
    if (!event.target.open) return;
    all("select[data-picker]", event.target).forEach(pick);
    if (event.target.matches(".bulk-more")) { all(".bulk-more[open]").forEach((other) => { if (other !== event.target) other.open = false; }); event.target.querySelector("select, input, textarea")?.focus(); }
  }, true);

  /* Optimistic: the row shows at once that it goes; the server's answer is the truth. */
  on("submit", (event) => {
    const form = event.target, place = window.location.pathname + window.location.search;
    if (!desk() || !form.matches?.("form")) return;
    if (form.matches("[data-bulk]")) { exclude(form); return; }
    const back = form.elements.back;
    if (!form.closest("#theme-pane, #undo-last")) return;
    if (back && !(back instanceof RadioNodeList)) back.value = place;
    if (!form.matches("[data-act]")) return;
    const theme = form.closest("[data-theme]")?.dataset.theme, row = document.getElementById(`line-${theme}`);
    row?.classList.add("is-pending");
    if (row && form.matches("[data-leaves]")) {
      const list = rows(), next = list[list.indexOf(row) + 1] || list[list.indexOf(row) - 1];
      row.classList.add("is-leaving");
      set(form, "next", next?.dataset.theme || "0");
    }
  }, true);
  function set(form, name, value) {
    const field = form.querySelector(`input[type=hidden][name="${name}"]`) || form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
    field.value = value;
  }
  function exclude(form) {
    all("input[name=except]", form).forEach((field) => field.remove());
    form.elements.back.value = window.location.pathname + window.location.search;
    if (!everything()?.checked) return;
    for (const box of boxes()) if (!box.checked) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "except", value: box.value }));
  }
  const settle = () => all(".is-pending").forEach((row) => row.classList.remove("is-pending", "is-leaving"));
  on("htmx:error", settle);
  on("htmx:response:error", settle);

  /* After an answer: the address, the row that is shown, the focus and one spoken line follow the pane. */
  let shown = "";
  on("htmx:after:swap", () => {
    if (!desk()) return;
    const article = pane()?.querySelector("[data-beside]");
    count();
    if (!article) return;
    const theme = article.dataset.theme, row = document.getElementById(`line-${theme}`);
    const lost = !document.activeElement || document.activeElement === document.body || !document.activeElement.isConnected;
    for (const one of rows()) one === row ? one.setAttribute("aria-current", "true") : one.removeAttribute("aria-current");
    if (lost && row && !document.querySelector("dialog[open]")) { link(row).focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
    if (row && window.location.pathname + window.location.search !== article.dataset.beside) history.replaceState(history.state, "", article.dataset.beside);
    const list = rows(), said = `${article.dataset.said} (${list.indexOf(row) + 1}/${list.length})`;
    if (said !== shown) document.getElementById("theme-said").textContent = shown = said;
  });
})();
