/** Questions to Prometheus, and its answers as the frames that Grafana's datasource makes of them. */

import { FieldType, rangeUtil, type DataFrame, type Field, type TimeRange } from '@grafana/data';
import type { Panel, Target } from './model';
import type { Variables } from './variables';

export interface Series {
  metric: Record<string, string>;
  values: Array<[number, string]>;
}

/** Everything that Prometheus refused, with the question; the driver reports it. */
export const refused: string[] = [];

async function ask(path: string, parameters: Record<string, string>): Promise<any> {
  const answer = await fetch(`/prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const body = await answer.json();
  if (body.status !== 'success') {
    throw new Error(`${body.errorType}: ${body.error}`);
  }
  return body.data;
}

export async function labelValues(label: string, metric: string | undefined, range: TimeRange): Promise<string[]> {
  return ask(`label/${label}/values`, {
    ...(metric ? { 'match[]': metric } : {}),
    start: String(range.from.valueOf() / 1000),
    end: String(range.to.valueOf() / 1000),
  });
}

export async function instant(query: string, time: number): Promise<Series[]> {
  const { resultType, result } = await ask('query', { query, time: String(time / 1000) });
  return resultType === 'scalar'
    ? [{ metric: {}, values: [result] }]
    : result.map(({ metric, value, values }: any) => ({ metric, values: values ?? [value] }));
}

export async function ranged(query: string, start: number, end: number, step: number): Promise<Series[]> {
  const { result } = await ask('query_range', { query, start: String(start), end: String(end), step: String(step) });
  return result;
}

/** The frames of all targets of a panel that is as wide as `width` pixels. */
export async function query(
  panel: Panel,
  variables: Variables,
  range: TimeRange,
  width: number,
  minInterval: string
): Promise<DataFrame[]> {
  const targets = (panel.targets ?? []).filter((target) => !target.hide && target.expr);
  const answers = await Promise.all(targets.map((target) => one(target, panel, variables, range, width, minInterval)));
  const tables = answers.filter(({ target }) => target.format === 'table');
  return answers.flatMap(({ target, frames }) =>
    target.format === 'table' ? [table(target, frames, tables.length > 1)] : frames
  );
}

interface Answer {
  target: Target;
  frames: DataFrame[];
}

async function one(
  target: Target,
  panel: Panel,
  variables: Variables,
  range: TimeRange,
  width: number,
  datasourceMin: string
): Promise<Answer> {
  const lowest = variables.replace(panel.interval ?? datasourceMin).replace(/^>/, '');
  const calculated = rangeUtil.calculateInterval(range, panel.maxDataPoints ?? width, lowest);
  const own = target.interval ? rangeUtil.intervalToMs(variables.replace(target.interval).replace(/^>/, '')) : 0;
  const seconds = (range.to.valueOf() - range.from.valueOf()) / 1000;
  // Prometheus refuses more than 11 000 points of a series; Grafana then asks for fewer.
  const step = Math.max(calculated.intervalMs / 1000, own / 1000, Math.ceil(seconds / 11000));
  const expr = variables.expression(target.expr, range, rangeUtil.secondsToHms(step), step * 1000);
  try {
    const aligned = (time: number) => Math.floor(time / 1000 / step) * step;
    const series = target.instant
      ? await instant(expr, range.to.valueOf())
      : await ranged(expr, aligned(range.from.valueOf()), aligned(range.to.valueOf()), step);
    return { target, frames: series.map((found) => frame(target, expr, found, step)) };
  } catch (error) {
    throw new Error(`${target.refId}: ${(error as Error).message}: ${expr}`);
  }
}

function frame(target: Target, expr: string, { metric, values }: Series, step: number): DataFrame {
  const { __name__: name, ...labels } = metric;
  const legend = named(target.legendFormat, expr, name, labels);
  return {
    refId: target.refId,
    name: legend || undefined,
    length: values.length,
    fields: [
      {
        name: 'Time',
        type: FieldType.time,
        config: target.instant ? {} : { interval: step * 1000 },
        values: values.map(([time]) => time * 1000),
      },
      {
        name: 'Value',
        type: FieldType.number,
        config: legend ? { displayNameFromDS: legend } : {},
        labels: metric,
        values: values.map(([, value]) => number(value)),
      },
    ],
  };
}

/** Prometheus writes `NaN` and `+Inf` as text. */
function number(text: string): number {
  return /inf/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
}

function named(format: string | undefined, expr: string, name: string | undefined, labels: Record<string, string>): string {
  if (format === '__auto') {
    return name || Object.keys(labels).length > 0 ? '' : expr;
  }
  if (format) {
    return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? (label === '__name__' ? (name ?? '') : ''));
  }
  const inner = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const whole = `${name ?? ''}${inner.length || !name ? `{${inner.join(', ')}}` : ''}`;
  return whole === '{}' ? expr : whole;
}

/** One table of all series of a target: the time, a column for each label in the alphabet's order, the value. */
function table(target: Target, frames: DataFrame[], several: boolean): DataFrame {
  const labels: string[] = [];
  for (const { fields } of frames) {
    for (const label of Object.keys(fields[1].labels ?? {}).sort()) {
      if (!labels.includes(label)) {
        labels.push(label);
      }
    }
  }
  const time: Field = { name: 'Time', type: FieldType.time, config: {}, values: [] };
  const columns: Field[] = labels.map((name) => ({
    name,
    type: name === 'le' ? FieldType.number : FieldType.string,
    config: { filterable: true },
    values: [],
  }));
  const name = several ? `Value #${target.refId}` : 'Value';
  const value: Field = { name, type: FieldType.number, config: {}, values: [] };
  for (const { fields, length } of frames) {
    for (let row = 0; row < length; row += 1) {
      time.values.push(fields[0].values[row]);
      value.values.push(fields[1].values[row]);
      columns.forEach((column) => {
        const text = fields[1].labels?.[column.name] ?? '';
        column.values.push(column.name === 'le' ? number(text) : text);
      });
    }
  }
  return { refId: target.refId, fields: [time, ...columns, value], length: time.values.length, meta: { preferredVisualisationType: 'table' } };
}
