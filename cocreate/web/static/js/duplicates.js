/* The queue of duplicates: the next pair stands there at once, while the server still decides. What it answers holds. */
(() => {
  let before = null;
  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-decide]"), pair = document.getElementById("pair");
    if (!form || !pair) return;
    // The buttons act on the pair that was shown: nobody decides a second time before the answer is here.
    if (before) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    const ahead = document.getElementById("ahead");
    before = { html: pair.innerHTML, pair };
    pair.setAttribute("aria-busy", "true");
    if (ahead) pair.replaceChildren(ahead.content.cloneNode(true));
  }, true);
  const settle = () => { before = null; };
  const restore = () => {
    if (!before) return;
    if (before.pair.isConnected) { before.pair.innerHTML = before.html; before.pair.removeAttribute("aria-busy"); }
    before = null;
  };
  document.addEventListener("htmx:after:swap", () => { if (before && !before.pair.isConnected) settle(); });
  document.addEventListener("htmx:response:error", restore);
  document.addEventListener("htmx:error", restore);
  // A refusal is swapped into the flash area and leaves the queue as it was.
  document.addEventListener("htmx:finally:request", () => setTimeout(() => { if (before?.pair.isConnected) restore(); }, 50));
})();
