/** Collapsed rows are opened and repeated panels made, so that every panel is seen. */

import type { Panel } from './model';
import type { Variables } from './variables';

export function expanded(panels: Panel[], variables: Variables): Panel[] {
  const opened: Panel[] = [];
  let lower = 0;
  for (const panel of [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)) {
    opened.push(lowered(panel, lower));
    if (panel.type === 'row' && panel.collapsed) {
      const inner = panel.panels ?? [];
      // Panels inside a closed row keep the places that they had when it was last open.
      const first = Math.min(...inner.map(({ gridPos }) => gridPos.y));
      const shift = panel.gridPos.y + lower + 1 - first;
      opened.push(...inner.map((one) => lowered(one, shift)));
      lower += Math.max(0, ...inner.map(({ gridPos }) => gridPos.y + gridPos.h - first));
    }
  }
  return repeated(opened, variables);
}

const lowered = (panel: Panel, by: number): Panel => ({ ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + by } });

function repeated(panels: Panel[], variables: Variables): Panel[] {
  const made: Panel[] = [];
  let lower = 0;
  for (const panel of panels) {
    const chosen = panel.repeat && panel.type !== 'row' ? variables.chosen.get(panel.repeat) : undefined;
    if (!chosen) {
      made.push(lowered(panel, lower));
      continue;
    }
    const across = panel.repeatDirection === 'v' ? 1 : Math.min(panel.maxPerRow ?? 4, chosen.values.length);
    const w = panel.repeatDirection === 'v' ? panel.gridPos.w : Math.floor(24 / across);
    chosen.values.forEach((value, index) => {
      const gridPos = { ...panel.gridPos, w, x: panel.gridPos.x * Number(across === 1) + (index % across) * w, y: panel.gridPos.y + lower + Math.floor(index / across) * panel.gridPos.h };
      made.push({ ...panel, gridPos, repeated: { variable: panel.repeat!, text: chosen.texts[index], value } });
    });
    lower += (Math.ceil(chosen.values.length / across) - 1) * panel.gridPos.h;
  }
  return made;
}
