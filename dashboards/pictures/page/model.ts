/** The parts of a dashboard's JSON that are read here, by the names that Grafana gives them. */

import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

export interface Target {
  refId: string;
  expr: string;
  instant?: boolean;
  range?: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
  legendFormat?: string;
  interval?: string;
  hide?: boolean;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Target[];
  fieldConfig?: FieldConfigSource;
  // Each type of panel has options of its own; each renderer names those that it reads.
  options?: Record<string, any>;
  transformations?: DataTransformerConfig[];
  links?: Link[];
  transparent?: boolean;
  interval?: string;
  maxDataPoints?: number;
  timeFrom?: string;
  timeShift?: string;
  collapsed?: boolean;
  panels?: Panel[];
  repeat?: string;
  repeatDirection?: 'h' | 'v';
  maxPerRow?: number;
  /** The value of `repeat`'s variable in a panel that was made by repeating. */
  repeated?: { variable: string; text: string; value: string };
}

export interface Link {
  title: string;
  url?: string;
  type?: 'link' | 'dashboards';
  tags?: string[];
  icon?: string;
  asDropdown?: boolean;
  keepTime?: boolean;
  includeVars?: boolean;
}

export interface Variable {
  name: string;
  type: 'query' | 'custom' | 'constant' | 'textbox' | 'interval' | 'datasource' | 'adhoc';
  label?: string;
  query?: string | { query?: string };
  regex?: string;
  sort?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  hide?: number;
  current?: { text?: string | string[]; value?: string | string[] };
  options?: Array<{ text: string; value: string }>;
}

export interface Annotation {
  name: string;
  enable?: boolean;
  hide?: boolean;
  builtIn?: number;
  expr?: string;
  target?: { expr?: string };
  step?: string;
  iconColor?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean | string;
}

export interface Dashboard {
  uid: string;
  title: string;
  timezone?: string;
  panels: Panel[];
  links?: Link[];
  templating?: { list: Variable[] };
  annotations?: { list: Annotation[] };
}

/** What the driver asks for: `/asked.json`. Times are milliseconds since 1970. */
export interface Asked {
  dashboard: Dashboard;
  from: number;
  to: number;
  /** How the range is called on top, such as `Last 12 hours`; else its two ends. */
  rangeText?: string;
  variables: Record<string, string[]>;
  theme: 'dark' | 'light';
  width: number;
  timezone: string;
  /** The lowest step, as Grafana's datasource has it: its scrape interval. */
  minInterval: string;
}
