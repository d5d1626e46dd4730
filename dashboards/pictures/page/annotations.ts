/** Annotations from Prometheus: when their expression was not zero, as moments or spans. */

import { rangeUtil, type GrafanaTheme2 } from '@grafana/data';
import type { Annotation } from './model';
import { ranged, refused } from './prometheus';
import type { Variables } from './variables';

export interface Event {
  from: number;
  to: number;
  color: string;
  text: string;
}

export async function events(annotation: Annotation, variables: Variables, theme: GrafanaTheme2): Promise<Event[]> {
  const expr = annotation.expr ?? annotation.target?.expr;
  if (annotation.builtIn || annotation.enable === false || !expr) {
    return [];
  }
  const { from, to } = variables.range;
  const lowest = Math.ceil((to.valueOf() - from.valueOf()) / 1000 / 11000);
  const step = Math.max(rangeUtil.intervalToSeconds(annotation.step || '60s'), lowest);
  const query = variables.expression(expr, variables.range, `${step}s`, step * 1000);
  const color = theme.visualization.getColorByName(annotation.iconColor ?? 'blue');
  try {
    const series = await ranged(query, Math.floor(from.valueOf() / 1000 / step) * step, Math.ceil(to.valueOf() / 1000 / step) * step, step);
    return series.flatMap(({ metric, values }) => {
      const text = (annotation.titleFormat ?? annotation.name).replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? '');
      if (annotation.useValueForTime === true || annotation.useValueForTime === 'on') {
        const times = [...new Set(values.map(([, value]) => Math.floor(Number(value))))];
        return times.map((time) => ({ from: time, to: time, color, text }));
      }
      const made: Event[] = [];
      for (const [time, value] of values.filter(([, value]) => Number(value) !== 0)) {
        const last = made[made.length - 1];
        if (last && time * 1000 - last.to <= step * 1000) {
          last.to = time * 1000;
        } else {
          made.push({ from: time * 1000, to: time * 1000, color, text });
        }
      }
      return made;
    });
  } catch (error) {
    refused.push(`annotation ${annotation.name}: ${(error as Error).message}: ${query}`);
    return [];
  }
}
