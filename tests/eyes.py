"""axe over many pages: everything on each of them, contrast once for each dress that words wear.

Seven eighths of axe's time go into contrast, which it looks up for every word of every row. Rows, menus and labels
repeat: what has the same classes, state and colours on the same grounds has the same contrast.
"""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

_LOOK = """
async (seen) => {
  const known = new Set(seen), dresses = new Map();
  const hash = (text) => {
    let high = 0xdeadbeef, low = 0x41c6ce57;
    for (let at = 0; at < text.length; at++) {
      high = Math.imul(high ^ text.charCodeAt(at), 2654435761);
      low = Math.imul(low ^ text.charCodeAt(at), 1597334677);
    }
    return 4294967296 * (2097151 & (low ^ (low >>> 13))) + ((high ^ (high >>> 16)) >>> 0);
  };
  const dress = (element) => {
    if (!element) return 0;
    if (!dresses.has(element)) {
      const style = getComputedStyle(element);
      dresses.set(element, hash([
        element.localName, element.className, element.disabled, element.ariaDisabled, style.color,
        style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.fontSize, style.fontWeight,
        style.position, style.textShadow, dress(element.parentElement),
      ].join("|")));
    }
    return dresses.get(element);
  };
  const worded = (element) => element.matches("input, select, textarea") ||
    [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  for (const element of document.querySelectorAll("body, body *")) {
    if (!worded(element) || !element.checkVisibility() || known.has(dress(element))) continue;
    known.add(dress(element));
    element.toggleAttribute("data-worn-first", true);
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-worn-first]" }] });
  const found = await axe.run({ resultTypes: ["violations"] });
  return { violations: found.violations, seen: [...known] };
}
"""


class Eyes:
    """Looks at page after page of one width and colour scheme, and remembers what words wore."""

    def __init__(self) -> None:
        self._seen: list[int] = []

    def serious(self, page: Any) -> list[str]:
        """What axe calls serious or critical on this page: the rule, and the first place where it is broken."""
        page.evaluate(AXE_SCRIPT)
        looked = page.evaluate(_LOOK, self._seen)
        self._seen = looked["seen"]
        return [
            f"{violation['id']} at {violation['nodes'][0]['target']}"
            for violation in looked["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
