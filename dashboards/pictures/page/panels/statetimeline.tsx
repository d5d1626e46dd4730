/**
 * A state timeline of our own: Grafana's is part of its server and not of `@grafana/ui`. Texts and colours
 * come from Grafana's value mappings and thresholds.
 */

import { FieldType, formattedValueToString, getFieldDisplayName, type Field } from '@grafana/data';
import { getTextColorForBackground, VizLayout, VizLegend } from '@grafana/ui';
import { LegendDisplayMode, type LegendPlacement } from '@grafana/schema';
import type { Drawn } from './index';

interface Span {
  from: number;
  to: number;
  value: unknown;
}

export function StateTimeline({ panel, data, range, theme, width, height }: Drawn) {
  const options: Record<string, any> = { mergeValues: panel.type === 'state-timeline', showValue: 'auto', rowHeight: 0.9, ...panel.options };
  const [from, to] = [range.from.valueOf(), range.to.valueOf()];
  const rows = data.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    return frame.fields
      .filter((field) => field !== time && field.type !== FieldType.time && time)
      .map((field) => ({ field, name: getFieldDisplayName(field, frame, data), spans: spans(time!, field, to, options.mergeValues) }));
  });
  const legend = { showLegend: true, placement: 'bottom' as LegendPlacement, displayMode: LegendDisplayMode.List, ...options.legend };
  const seen = new Map<string, string>();
  rows.forEach(({ field, spans }) => spans.forEach(({ value }) => {
    const shown = field.display!(value);
    seen.set(formattedValueToString(shown), shown.color ?? '');
  }));
  const items = [...seen].map(([label, color]) => ({ label, color, yAxis: 1 }));
  const shown = legend.showLegend ? (
    <VizLayout.Legend placement={legend.placement}>
      <VizLegend placement={legend.placement} items={items} displayMode={legend.displayMode} />
    </VizLayout.Legend>
  ) : null;
  return (
    <VizLayout width={width} height={height} legend={shown}>
      {(wide, high) => {
        const left = Math.min(wide * 0.35, Math.max(...rows.map(({ name }) => name.length)) * 7 + 14);
        const each = (high - 22) / rows.length;
        const at = (time: number) => left + ((Math.max(from, time) - from) / (to - from)) * (wide - left);
        // A time at the very edge would not have room for its second half.
        const hours = ticks(from, to, (wide - left) / 90).filter(({ time }) => at(time) < wide - 20);
        return (
          <svg width={wide} height={high} fontSize={12} fill={theme.colors.text.primary}>
            {hours.map(({ time, text }) => (
              <g key={time}>
                <line x1={at(time)} x2={at(time)} y1={0} y2={high - 20} stroke={theme.colors.border.weak} />
                <text x={at(time)} y={high - 5} textAnchor="middle">{text}</text>
              </g>
            ))}
            {rows.map(({ field, name, spans }, row) => (
              <g key={row}>
                <text x={left - 8} y={row * each + each / 2 + 4} textAnchor="end">{name}</text>
                {spans.map(({ from, to, value }) => {
                  const told = field.display!(value);
                  const text = formattedValueToString(told);
                  const box = { x: at(from), width: Math.max(1, at(to) - at(from)), y: row * each + (each * (1 - options.rowHeight)) / 2, height: each * options.rowHeight };
                  const fits = box.width > text.length * 7 + 6;
                  return (
                    <g key={from}>
                      <rect {...box} fill={told.color} fillOpacity={(field.config.custom?.fillOpacity ?? 70) / 100} />
                      {options.showValue !== 'never' && fits && each > 12 && (
                        <text x={box.x + 5} y={row * each + each / 2 + 4} fill={getTextColorForBackground(told.color ?? '#000')}>{text}</text>
                      )}
                    </g>
                  );
                })}
              </g>
            ))}
          </svg>
        );
      }}
    </VizLayout>
  );
}

/** Values that follow one another and are equal are one span; a missing sample ends it. */
function spans(time: Field, field: Field, end: number, merge: boolean): Span[] {
  const made: Span[] = [];
  const step = time.config.interval ?? Infinity;
  const key = (value: unknown) => formattedValueToString(field.display!(value));
  time.values.forEach((from: number, index: number) => {
    const value = field.values[index];
    const next = time.values[index + 1];
    const to = Math.min(next ?? end, from + step * 1.5, end);
    const last = made[made.length - 1];
    if (value == null) {
      return;
    }
    if (merge && last && last.to >= from && key(last.value) === key(value)) {
      last.to = to;
    } else {
      made.push({ from, to, value });
    }
  });
  return made;
}

function ticks(from: number, to: number, most: number): Array<{ time: number; text: string }> {
  const minutes = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].find((step) => (to - from) / 60000 / step <= most) ?? 10080;
  const step = minutes * 60000;
  const offset = new Date(from).getTimezoneOffset() * 60000;
  const made = [];
  for (let time = Math.ceil((from - offset) / step) * step + offset; time < to; time += step) {
    const date = new Date(time);
    made.push({ time, text: minutes < 1440 ? date.toTimeString().slice(0, 5) : `${date.getMonth() + 1}/${date.getDate()}` });
  }
  return made;
}
