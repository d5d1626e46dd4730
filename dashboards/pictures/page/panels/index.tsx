/** Which renderer draws which type of panel. */

import { type DataFrame, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import type { FC } from 'react';
import type { Event } from '../annotations';
import type { Panel } from '../model';
import type { Variables } from '../variables';
import { BarChart } from './barchart';
import { Gauges } from './gauge';
import { StateTimeline } from './statetimeline';
import { Bars, Stats } from './reduced';
import { DataTable } from './table';
import { Markdown } from './text';
import { Lines } from './timeseries';

export interface Drawn {
  panel: Panel;
  data: DataFrame[];
  variables: Variables;
  range: TimeRange;
  timeZone: string;
  theme: GrafanaTheme2;
  width: number;
  height: number;
  events: Event[];
}

export const RENDERERS: Record<string, FC<Drawn>> = {
  stat: Stats,
  bargauge: Bars,
  gauge: Gauges,
  timeseries: Lines,
  barchart: BarChart,
  table: DataTable,
  'state-timeline': StateTimeline,
  'status-history': StateTimeline,
  text: Markdown,
};

/** Types that show their own `noValue` where there are no data; the others show it in the panel's middle. */
export const REDUCED = ['stat', 'bargauge', 'gauge', 'text'];
