"""What one can say of a page without looking at it: is it too wide, is everything named, can it be read.

A page that is drawn is asked by the functions below, in the browser. Contrast is that of WCAG 2.2, level AA.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

WIDTHS = (400, 700, 1400, 2000)

# Of the page, and of the parts of the admin's frame that would scroll in its place.
TOO_WIDE = """() => Math.max(...[...document.querySelectorAll('html, #container, .main, .content, #content, main')]
  .map((part) => part.scrollWidth - part.clientWidth))"""

UNNAMED = """() => {
  const seen = (element) => element.checkVisibility() && !element.closest('[aria-hidden=true]');
  const text = (id) => document.getElementById(id)?.textContent ?? '';
  const name = (element) =>
    element.getAttribute('aria-label') || (element.getAttribute('aria-labelledby') ?? '').split(' ').map(text).join('')
    || [...(element.labels ?? [])].map((label) => label.textContent).join('') || element.getAttribute('title')
    || (element.matches('input[type=submit], input[type=reset], input[type=button]') ? element.value : '')
    || (element.matches('a, button, summary') ? element.textContent : '')
    || [...element.querySelectorAll('img[alt], [title]')].map((part) => part.alt || part.title).join('');
  const controls = 'a[href], button, summary, select, textarea, input:not([type=hidden])';
  const unnamed = [...document.querySelectorAll(controls)].filter((element) => seen(element) && !name(element).trim());
  const pictures = [...document.querySelectorAll('img:not([alt]), svg[role=img]:not([aria-label])')];
  return [...unnamed, ...pictures].map((element) => element.outerHTML.slice(0, 120));
}"""

OUR_FILES = """() => performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)
  .filter((path) => path.startsWith('/static/') && !path.startsWith('/static/admin/'))"""

HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4')]
  .filter((heading) => heading.checkVisibility() && heading.closest('main, #main, #content'))
  .map((heading) => Number(heading.tagName[1]))"""

FAINT = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const channel = (part) => part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
      if (a > 0) return null;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [0, 0, 0] : [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    if (element.closest('svg, option, :disabled')) continue;
    const style = getComputedStyle(element), back = behind(element);
    const [r, g, b, a = 1] = numbers(style.color);
    if (!back || a < 1) continue;
    const [low, high] = [light([r, g, b]), light(back)].sort((one, other) => one - other);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return [...new Set(faint)];
}"""


def too_wide(page: Page) -> list[str]:
    """The widths at which one must scroll sideways."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate(TOO_WIDE)
        if wider > 0:
            found.append(f"{wider} pixels too wide at {width}")
    page.set_viewport_size({"width": 1400, "height": 900})
    return found


def unnamed(page: Page) -> list[str]:
    """Links, buttons, fields and pictures without a name."""
    return [f"without a name: {element}" for element in page.evaluate(UNNAMED)]


def out_of_order(page: Page) -> list[str]:
    """Headings must begin with one of the first level, and leave out none on the way down."""
    levels: list[int] = page.evaluate(HEADINGS)
    found = [] if levels.count(1) == 1 and levels[0] == 1 else [f"headings: {levels}"]
    return found + [f"h{two} after h{one}" for one, two in zip(levels, levels[1:], strict=False) if two > one + 1]


def faint(page: Page) -> list[str]:
    """Words that cannot be told from what is behind them."""
    return [f"too faint, {words}" for words in page.evaluate(FAINT)]


def too_heavy(page: Page, folder: Path, most: int) -> list[str]:
    """If our own style sheets and scripts of a page have more bytes than that."""
    size = sum((folder / path.removeprefix("/static/")).stat().st_size for path in set(page.evaluate(OUR_FILES)))
    return [f"{size:,} bytes of our own files"] if size > most else []
