/** Template variables, resolved and written into text and queries by Grafana's rules. */

import { dateTime, escapeRegex, rangeUtil, type ScopedVars, type TimeRange } from '@grafana/data';
import { macro } from './macros';
import type { Dashboard, Variable } from './model';
import { instant, labelValues } from './prometheus';

export interface Chosen {
  variable: Variable;
  options: Array<{ text: string; value: string }>;
  all: boolean;
  texts: string[];
  values: string[];
}

export type Format = string | ((value: string | string[], variable: Variable) => string);

export class Variables {
  readonly chosen = new Map<string, Chosen>();

  constructor(
    readonly dashboard: Dashboard,
    readonly range: TimeRange,
    readonly timezone: string
  ) {}

  /** Asks for the values of each variable, in the order in which the dashboard has them. */
  async resolve(asked: Record<string, string[]>): Promise<void> {
    for (const variable of this.dashboard.templating?.list ?? []) {
      const options = await this.options(variable);
      this.chosen.set(variable.name, choose(variable, options, asked[variable.name]));
    }
  }

  /** The same variables with one of them bound to one value, as in a repeated panel. */
  bound(name: string, text: string, value: string): Variables {
    const bound = new Variables(this.dashboard, this.range, this.timezone);
    this.chosen.forEach((chosen, key) => bound.chosen.set(key, chosen));
    const chosen = this.chosen.get(name);
    if (chosen) {
      bound.chosen.set(name, { ...chosen, all: false, texts: [text], values: [value] });
    }
    return bound;
  }

  private async options(variable: Variable): Promise<Chosen['options']> {
    const query = typeof variable.query === 'string' ? variable.query : (variable.query?.query ?? '');
    switch (variable.type) {
      case 'query':
        return matched(await this.queried(this.replace(query, {}, promQuoted)), variable);
      case 'custom':
        return query.split(/(?<!\\),/).map((part) => {
          const [text, value] = part.trim().split(/\s+:\s+/);
          return { text, value: value ?? text };
        });
      case 'interval':
        return query.split(',').map((text) => ({ text: text.trim(), value: text.trim() }));
      case 'datasource':
        return [{ text: 'Prometheus', value: 'prometheus' }];
      default:
        return [{ text: query, value: query }];
    }
  }

  private async queried(query: string): Promise<string[]> {
    const values = /^label_values\((?:(.+),\s*)?([a-zA-Z_$][\w$]*)\s*\)\s*$/s.exec(query);
    if (values) {
      return labelValues(values[2], values[1], this.range);
    }
    const result = /^query_result\((.+)\)\s*$/s.exec(query);
    if (result) {
      const answer = await instant(result[1], this.range.to.valueOf());
      return answer.map(({ metric, values: [[time, value]] }) => {
        const { __name__: name = '', ...labels } = metric;
        const inner = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
        return `${name}{${inner.join(',')}} ${value} ${time}`;
      });
    }
    throw new Error(`a variable's query is of a kind not known here: ${query}`);
  }

  /** Grafana's `templateSrv.replace`. What is not known stays as it is, and the reading then finds it. */
  replace = (text: string | undefined, scoped: ScopedVars = {}, format: Format = 'glob'): string => {
    const pattern = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)((?:\.[^:^}]+)?(?:\[[^\]]+\][^:^}]*)?)?(?::([^}]+))?\}/g;
    return (text ?? '').replace(pattern, (whole, plain, square, squareFormat, braced, path, bracedFormat) => {
      const name: string = plain ?? square ?? braced;
      const asked: Format = squareFormat ?? bracedFormat ?? format;
      const built = macro(name, path, this, scoped);
      if (built !== undefined) {
        return typeof asked === 'string' && asked.startsWith('date') && /^\d+$/.test(built)
          ? date(Number(built), asked)
          : built;
      }
      const own = scoped[name];
      if (own) {
        return formatted(String(own.value), asked, String(own.text ?? own.value), { name, type: 'custom' });
      }
      const chosen = this.chosen.get(name);
      if (!chosen) {
        return whole;
      }
      const { variable } = chosen;
      if (chosen.all && asked === 'text') {
        return 'All';
      }
      if (chosen.all && asked === 'queryparam') {
        return `var-${name}=$__all`;
      }
      if (chosen.all && variable.allValue) {
        return variable.allValue;
      }
      const many = variable.multi || variable.includeAll;
      return formatted(many ? chosen.values : chosen.values[0], asked, chosen.texts.join(' + '), variable);
    });
  };

  /** A PromQL expression with everything filled in, for a panel's own range. */
  expression(expr: string, { from, to }: TimeRange, interval: string, intervalMs: number): string {
    const seconds = Math.round((to.valueOf() - from.valueOf()) / 1000);
    const scoped = Object.fromEntries(
      Object.entries({
        __interval: interval,
        __interval_ms: intervalMs,
        __rate_interval: rangeUtil.secondsToHms(Math.max(intervalMs / 1000 + 15, 60)),
        __range: `${seconds}s`,
        __range_s: seconds,
        __range_ms: seconds * 1000,
      }).map(([name, value]) => [name, { text: String(value), value: String(value) }])
    );
    return this.replace(expr, scoped, promQuoted);
  }
}

/** How Grafana's Prometheus datasource writes a variable into a query, unless the query says how. */
function promQuoted(value: string | string[], variable: Variable): string {
  const special = (text: string) => text.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
  if (typeof value === 'string') {
    return variable.multi || variable.includeAll
      ? special(value)
      : value.replace(/\\/g, '\\\\').replace(/'/g, "\\\\'");
  }
  const escaped = value.map(special);
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}

function formatted(value: string | string[], format: Format, text: string, variable: Variable): string {
  if (typeof format === 'function') {
    return format(value, variable);
  }
  const values = Array.isArray(value) ? value : [value];
  switch (format) {
    case 'text':
      return text;
    case 'regex': {
      const escaped = values.map((one) => escapeRegex(one));
      return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
    }
    case 'pipe':
      return values.join('|');
    case 'csv':
    case 'raw':
      return values.join(',');
    case 'html':
      return values.join(', ').replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
    case 'queryparam':
      return values.map((one) => `var-${variable.name}=${encodeURIComponent(one)}`).join('&');
    case 'percentencode':
      return encodeURIComponent(values.length === 1 ? values[0] : `{${values.join(',')}}`);
    case 'doublequote':
      return values.map((one) => `"${one.replace(/"/g, '\\"')}"`).join(',');
    case 'singlequote':
      return values.map((one) => `'${one.replace(/'/g, "\\'")}'`).join(',');
    case 'json':
      return JSON.stringify(value);
    default:
      return values.length === 1 ? values[0] : `{${values.join(',')}}`;
  }
}

function date(time: number, format: string): string {
  const [, pattern] = /^date:?(.*)$/.exec(format) ?? [];
  return pattern === 'seconds'
    ? String(Math.floor(time / 1000))
    : pattern && pattern !== 'iso'
      ? dateTime(time).format(pattern)
      : new Date(time).toISOString();
}

/** A variable's `regex` over what was found: what matches, or its groups `text` and `value`; then sorted. */
function matched(found: string[], variable: Variable): Chosen['options'] {
  let options = found.map((text) => ({ text, value: text }));
  if (variable.regex) {
    const [, body, flags] = /^\/(.*)\/(\w*)$/s.exec(variable.regex) ?? [null, `^${variable.regex}$`, ''];
    const regex = new RegExp(body, flags.replace('g', ''));
    options = found.flatMap((text) => {
      const match = regex.exec(text);
      if (!match) {
        return [];
      }
      const value = match.groups?.value ?? match.groups?.text ?? match[1] ?? match[0];
      return [{ text: match.groups?.text ?? value, value }];
    });
  }
  const seen = new Set<string>();
  options = options.filter(({ value }) => !seen.has(value) && seen.add(value));
  const sort = variable.sort ?? 0;
  const by = [
    undefined,
    (a: string, b: string) => (a < b ? -1 : 1),
    undefined,
    (a: string, b: string) => parseInt(a.replace(/^\D*/, ''), 10) - parseInt(b.replace(/^\D*/, ''), 10),
    undefined,
    (a: string, b: string) => a.toLowerCase().localeCompare(b.toLowerCase()),
    undefined,
    (a: string, b: string) => a.localeCompare(b, undefined, { numeric: true }),
  ][sort % 2 ? sort : sort - 1];
  if (by) {
    options.sort((a, b) => by(a.text, b.text) * (sort % 2 ? 1 : -1));
  }
  return options;
}

/** What was asked for, else what the dashboard remembers while it still exists, else all, else the first. */
function choose(variable: Variable, options: Chosen['options'], asked?: string[]): Chosen {
  const remembered = [variable.current?.value ?? []].flat().filter((value) => value !== '');
  const wanted = asked ?? remembered;
  const among = options.filter(({ text, value }) => wanted.includes(value) || wanted.includes(text));
  if (asked && !asked.includes('$__all') && among.length < asked.length) {
    throw new Error(`variable ${variable.name} has no value ${asked.join(', ')}, but ${options.map((o) => o.text).join(', ')}`);
  }
  const all = Boolean(variable.includeAll) && (wanted.includes('$__all') || among.length === 0);
  const picked = all ? options : among.length > 0 ? (variable.multi ? among : among.slice(0, 1)) : options.slice(0, 1);
  return { variable, options, all, texts: picked.map((o) => o.text), values: picked.map((o) => o.value) };
}
