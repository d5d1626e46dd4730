/** Names that Grafana itself gives a meaning: the time range, the dashboard, and the field of a value. */

import { formattedValueToString, getFieldDisplayName, type DataFrame, type Field, type ScopedVars } from '@grafana/data';
import { get } from 'lodash';
import type { Variables } from './variables';

interface DataContext {
  data: DataFrame[];
  frame: DataFrame;
  field: Field;
  rowIndex?: number;
  calculatedValue?: { text: string; numeric: number };
}

/** The text of `${name path}`, or nothing where the name is not Grafana's own. */
export function macro(name: string, path: string | undefined, variables: Variables, scoped: ScopedVars): string | undefined {
  const { range, dashboard } = variables;
  switch (name) {
    case '__from':
      return String(range.from.valueOf());
    case '__to':
      return String(range.to.valueOf());
    case '__dashboard':
      return path === '.uid' ? dashboard.uid : dashboard.title;
    case '__url_time_range':
      return `from=${range.from.valueOf()}&to=${range.to.valueOf()}`;
    case '__all_variables':
      return [...variables.chosen.keys()].map((key) => variables.replace(`\${${key}:queryparam}`)).join('&');
    case '__timezone':
    case 'timezone':
      return variables.timezone;
    default:
      return ofData(name, path ?? '', scoped.__dataContext?.value as DataContext | undefined);
  }
}

function ofData(name: string, path: string, context: DataContext | undefined): string | undefined {
  if (!context) {
    return undefined;
  }
  const { data, frame, field, rowIndex = frame.length - 1 } = context;
  const display = (shown: Field) => (value: unknown) => shown.display?.(value) ?? { text: String(value), numeric: Number(value) };
  switch (name) {
    case '__series':
      return frame.name ?? frame.refId ?? '';
    case '__field':
      return path.startsWith('.labels')
        ? String(get({ labels: field.labels ?? {} }, path.slice(1)) ?? '')
        : getFieldDisplayName(field, frame, data);
    case '__value': {
      const value = field.values[rowIndex];
      const shown = context.calculatedValue ?? display(field)(value);
      const parts: Record<string, unknown> = {
        '.raw': value,
        '.numeric': shown.numeric,
        '.text': shown.text,
        '.time': frame.fields.find((other) => other.type === 'time')?.values[rowIndex],
      };
      return String(parts[path] ?? formattedValueToString(shown));
    }
    case '__data': {
      const [, bracketed, dotted, part] = /^\.fields(?:\[["']?([^\]"']+)["']?\]|\.(\w+))(?:\.(\w+))?$/.exec(path) ?? [];
      const key = bracketed ?? dotted;
      const found = frame.fields.find((other) => getFieldDisplayName(other, frame, data) === key || other.name === key) ?? frame.fields[Number(key)];
      if (!found) {
        return undefined;
      }
      const shown = display(found)(found.values[rowIndex]);
      return part === 'numeric' ? String(shown.numeric) : formattedValueToString(shown);
    }
    default:
      return undefined;
  }
}
