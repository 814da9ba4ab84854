/* The board for product managers: cards are dragged, or moved with Alt and an arrow key. The server decides the order; another kind of column is another stage and asks for its sentence. */
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const board = () => document.querySelector("[data-road]");
  const dialog = () => document.getElementById("road-step");
  const slot = Object.assign(document.createElement("li"), { className: "road-slot", ariaHidden: "true" });
  let dragged = null, from = null;

  const arrange = () => { for (const card of all("[data-item]", board() || document)) { card.draggable = true; for (const link of all("a", card)) link.draggable = false; } };
  const lane = (element) => element.closest("[data-lane]");
  const cards = (list) => all("[data-item]", list).filter((card) => card !== dragged);

  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-item]");
    if (!dragged) return;
    from = lane(dragged);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.title);
    requestAnimationFrame(() => dragged?.classList.add("is-dragged"));
  });
  document.addEventListener("dragover", (event) => {
    const target = dragged && event.target.closest?.("[data-lane]");
    if (!target) return;
    event.preventDefault();
    const list = target.querySelector(".road-list"), next = cards(list).find((card) => { const box = card.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; });
    all(".road-list.is-over").forEach((one) => one !== list && one.classList.remove("is-over"));
    list.classList.add("is-over");
    target.dataset.lane === "shipped" && target === from ? slot.remove() : list.insertBefore(slot, next || null);
  });
  document.addEventListener("drop", (event) => {
    const target = dragged && event.target.closest?.("[data-lane]");
    if (!target) return;
    event.preventDefault();
    const card = dragged, next = slot.nextElementSibling, before = slot.previousElementSibling, placed = slot.isConnected;
    end();
    if (target.dataset.lane !== card.dataset.kind) { ask(card, target); return; }
    if (!placed) return;
    const beside = next && next !== card ? { before: next.dataset.item } : before && before !== card ? { after: before.dataset.item } : {};
    if (!beside.before && !beside.after && target === from) return;
    target.querySelector(".road-list").insertBefore(card, next && next !== card ? next : null);
    move(card, { ...beside, column: target.dataset.column });
  });
  document.addEventListener("dragend", end);
  function end() {
    slot.remove();
    dragged?.classList.remove("is-dragged");
    all(".road-list.is-over").forEach((list) => list.classList.remove("is-over"));
    dragged = null;
  }

  /* What the server says is what stands: its board replaces ours, and the moved card keeps the focus. */
  async function move(card, fields) {
    const body = new URLSearchParams({ ...fields, back: location.pathname + location.search });
    const answer = await fetch(card.dataset.move, { method: "POST", body, headers: { "HX-Request": "true", "HX-Request-Type": "partial" } }).catch(() => null);
    if (answer && answer.status >= 400 && answer.status < 500) document.getElementById("flash")?.insertAdjacentHTML("beforeend", await answer.text());
    await renew(card.dataset.item, Boolean(answer?.ok));
  }
  async function renew(item, say) {
    const page = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } }).catch(() => null);
    if (!page?.ok) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("road");
    if (!fresh) { location.reload(); return; }
    board().replaceWith(fresh);
    arrange();
    const card = document.getElementById(`item-${item}`);
    card?.querySelector("h3 a")?.focus();
    if (say && card) tell(card);
  }
  function tell(card) {
    const home = lane(card), place = all("[data-item]", home).indexOf(card) + 1, said = document.getElementById("road-said");
    if (said) said.textContent = board().dataset.said.replace("{item}", card.dataset.title).replace("{place}", place).replace("{column}", home.querySelector(".status")?.textContent.trim() || "");
  }
  async function ask(card, target) {
    const query = new URLSearchParams({ stage: target.dataset.stage, column: target.dataset.column, back: location.pathname + location.search });
    if (!target.dataset.column) query.delete("column");
    const address = `${card.dataset.next}?${query}`, box = dialog();
    const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } }).catch(() => null);
    if (!answer?.ok || !box) { location.assign(address); return; }
    const form = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form");
    box.querySelector("[data-step]").replaceChildren(form);
    box.showModal();
    form.querySelector("textarea")?.focus();
    box.addEventListener("close", () => card.querySelector("h3 a")?.focus(), { once: true });
  }

  /* Alt and an arrow: up and down press the card's own buttons' way, left and right go to the next column. */
  document.addEventListener("keydown", (event) => {
    const card = event.altKey && !event.ctrlKey && !event.metaKey && board() && event.target.closest?.("[data-item]");
    if (!card || document.documentElement.classList.contains("keys-off")) return;
    const list = all("[data-item]", lane(card)), at = list.indexOf(card);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const beside = list[event.key === "ArrowUp" ? at - 1 : at + 1];
      if (!beside || card.dataset.kind === "shipped") return;
      move(card, { [event.key === "ArrowUp" ? "before" : "after"]: beside.dataset.item, column: lane(card).dataset.column });
    }
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      const lanes = all("[data-lane]"), target = lanes[lanes.indexOf(lane(card)) + (event.key === "ArrowLeft" ? -1 : 1)];
      if (!target) return;
      if (target.dataset.lane === card.dataset.kind) move(card, { column: target.dataset.column });
      else ask(card, target);
    }
  });
  document.addEventListener("submit", (event) => {
    const card = event.target.closest?.("[data-item]"), fields = card && Object.fromEntries(new FormData(event.target));
    if (!card || event.target.getAttribute("action") !== card.dataset.move) return;
    event.preventDefault();
    delete fields.back;
    move(card, fields);
  });
  arrange();
  document.addEventListener("DOMContentLoaded", arrange);
})();
