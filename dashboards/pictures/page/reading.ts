/** What a person can read in the page, and what is cut off. */

export interface Reading {
  id: string;
  title: string;
  type: string;
  /** The text of the panel's body, without the title: a list of its pieces in the page's order. */
  text: string[];
  /** What is drawn into a canvas: the axes of time series. */
  axes: string[];
  links: string[];
  /** Pieces of text that are wider or higher than the box that they stand in. */
  cut: string[];
  /** Parts of the panel that a reader must scroll for, and by how many pixels. */
  scrolls: string[];
  /** Whether the panel has neither a value nor a line: its own words for that, or Grafana's. */
  nothing: boolean;
}

// Text in a canvas leaves no trace in the page, so that it is noted when it is drawn.
const drawn = new WeakMap<HTMLCanvasElement, Set<string>>();
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  const texts = drawn.get(this.canvas) ?? new Set();
  drawn.set(this.canvas, texts.add(text));
  fillText.call(this, text, ...place);
};

export function read(): Reading[] {
  return [...document.querySelectorAll<HTMLElement>('[data-panel]')].map((panel) => {
    const body = panel.querySelector<HTMLElement>('[data-body]') ?? panel;
    const title = panel.querySelector<HTMLElement>('h2');
    return {
      id: panel.dataset.panel ?? '',
      title: panel.dataset.title ?? '',
      type: panel.dataset.type ?? '',
      text: joined(pieces(body)),
      axes: [...body.querySelectorAll('canvas')].flatMap((canvas) => [...(drawn.get(canvas) ?? [])]),
      links: [...panel.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')!),
      cut: [...cut(body, body), ...(title ? cut(title, panel) : [])],
      scrolls: scrolls(body),
      nothing: Boolean(body.querySelector('[data-nothing]')),
    };
  });
}

function pieces(within: HTMLElement): Text[] {
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    const parent = text.parentElement!;
    if (text.textContent!.trim() && !parent.closest('style,script,[aria-hidden=true]') && visible(parent)) {
      found.push(text);
    }
  }
  return found;
}

/** A value and its unit are two pieces for the browser, and one for a reader: what touches on a line is joined. */
function joined(found: Text[]): string[] {
  const texts: string[] = [];
  let before: DOMRect | undefined;
  let cell: Element | null = null;
  for (const piece of found) {
    const box = extent(piece);
    const own = piece.parentElement!.closest('[role=gridcell], [role=columnheader]');
    const small = Math.min(before?.height ?? 0, box.height);
    const touches = before && own === cell && Math.abs(before.bottom - box.bottom) < small && Math.abs(box.left - before.right) < small / 4;
    if (touches) {
      texts[texts.length - 1] += piece.textContent;
    } else {
      texts.push(piece.textContent!);
    }
    before = box;
    cell = own;
  }
  return texts.map((text) => text.replace(/\s+/g, ' ').trim());
}

function extent(piece: Text): DOMRect {
  const range = document.createRange();
  range.selectNodeContents(piece);
  return range.getBoundingClientRect();
}

function visible(element: Element): boolean {
  const { visibility, display, opacity } = getComputedStyle(element);
  const { width, height } = element.getBoundingClientRect();
  return visibility !== 'hidden' && display !== 'none' && opacity !== '0' && width > 1 && height > 1;
}

/**
 * A piece of text is cut off where a box that hides what overflows is smaller than the text's own extent. What a box
 * that scrolls hides is told by `scrolls`.
 */
function cut(within: HTMLElement, limit: HTMLElement): string[] {
  const found: string[] = [];
  for (const piece of pieces(within)) {
    const text = extent(piece);
    for (let box: Element | null = piece.parentElement; box; box = box === limit ? null : box.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(box);
      if (scrollable(overflowX) && scrollable(overflowY)) {
        break;
      }
      const edge = box.getBoundingClientRect();
      const wide = (overflowX !== 'visible' || box === limit) && (text.right > edge.right + 1.5 || text.left < edge.left - 1.5);
      const high = overflowY === 'hidden' && (text.bottom > edge.bottom + 3 || text.top < edge.top - 3);
      if (wide || (high && !box.closest('[role=grid]'))) {
        found.push(`${piece.textContent!.trim()} (${Math.round(text.width)}×${Math.round(text.height)} in ${Math.round(edge.width)}×${Math.round(edge.height)})`);
        break;
      }
    }
  }
  return [...new Set(found)];
}

const scrollable = (overflow: string) => overflow === 'auto' || overflow === 'scroll';

function scrolls(body: HTMLElement): string[] {
  return [...body.querySelectorAll<HTMLElement>('*')].flatMap((box) => {
    const { overflowX, overflowY } = getComputedStyle(box);
    const down = scrollable(overflowY) ? box.scrollHeight - box.clientHeight : 0;
    const across = scrollable(overflowX) ? box.scrollWidth - box.clientWidth : 0;
    const rows = box.getAttribute('role') === 'grid' ? ` of ${box.getAttribute('aria-rowcount')} rows` : '';
    return [...(down > 3 ? [`down ${down} px${rows}`] : []), ...(across > 3 ? [`across ${across} px`] : [])];
  });
}
