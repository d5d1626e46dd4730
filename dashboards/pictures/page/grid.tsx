/** The page: Grafana's bar, the variables, and panels in its grid of 24 columns. */

import { PanelChrome, Icon, ErrorBoundary } from '@grafana/ui';
import { dateTimeFormat, rangeUtil, type DataFrame, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import type { Event } from './annotations';
import type { Asked, Panel } from './model';
import { Nothing } from './panels/nothing';
import { REDUCED, RENDERERS } from './panels';
import type { Variables } from './variables';

const CELL = 30;
const GAP = 8;

export interface Filled {
  panel: Panel;
  data: DataFrame[];
  error?: string;
  range: TimeRange;
  variables: Variables;
}

/** A panel's place in pixels. */
export function place({ gridPos }: Panel, page: number) {
  const column = (page - 2 * GAP - 23 * GAP) / 24;
  return {
    left: Math.round(GAP + gridPos.x * (column + GAP)),
    top: gridPos.y * (CELL + GAP),
    width: Math.round(gridPos.w * column + (gridPos.w - 1) * GAP),
    height: gridPos.h * CELL + (gridPos.h - 1) * GAP,
  };
}

export function Page({ asked, variables, filled, events, theme }: { asked: Asked; variables: Variables; filled: Filled[]; events: Event[]; theme: GrafanaTheme2 }) {
  const bottom = Math.max(...filled.map(({ panel }) => place(panel, asked.width).top + place(panel, asked.width).height));
  return (
    <div id="page" style={{ width: asked.width, background: theme.colors.background.canvas, paddingBottom: GAP }}>
      <Top asked={asked} variables={variables} theme={theme} />
      <div style={{ position: 'relative', height: bottom }}>
        {filled.map((one) => (
          <Placed key={`${one.panel.id} ${one.panel.repeated?.value}`} filled={one} asked={asked} events={events} theme={theme} />
        ))}
      </div>
    </div>
  );
}

function Top({ asked, variables, theme }: { asked: Asked; variables: Variables; theme: GrafanaTheme2 }) {
  const { dashboard, from, to, timezone: timeZone } = asked;
  const box = { border: `1px solid ${theme.colors.border.medium}`, background: theme.components.input.background, padding: '5px 10px', borderRadius: 2, whiteSpace: 'nowrap' } as const;
  const format = (time: number) => dateTimeFormat(time, { timeZone, format: 'YYYY-MM-DD HH:mm' });
  const shown = [...variables.chosen.values()].filter(({ variable }) => variable.hide !== 2 && variable.type !== 'constant');
  const switches = (dashboard.annotations?.list ?? []).filter(({ hide, builtIn }) => !hide && !builtIn);
  return (
    <header style={{ padding: `${GAP}px ${GAP}px 12px`, fontSize: 14 }}>
      <div style={{ display: 'flex', alignItems: 'center', gap: GAP, marginBottom: 10 }}>
        <h1 id="title" style={{ fontSize: 18, margin: 0, flex: 1 }}>{dashboard.title}</h1>
        <span id="range" style={box}>
          <Icon name="clock-nine" /> {asked.rangeText ? `${asked.rangeText}  ·  ` : ''}{format(from)} to {format(to)} · {timeZone}
        </span>
      </div>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: GAP, alignItems: 'center' }}>
        {shown.map(({ variable, all, texts }) => (
          <span key={variable.name} data-variable={variable.name} style={{ display: 'flex' }}>
            {variable.hide !== 1 && <span style={{ ...box, background: theme.colors.background.secondary, borderRight: 'none' }}>{variable.label || variable.name}</span>}
            <span style={box}>{all ? 'All' : texts.join(' + ') || 'None'}</span>
          </span>
        ))}
        {switches.map(({ name, enable }) => (
          <span key={name} style={{ ...box, background: theme.colors.background.secondary }}>{name} <Icon name={enable === false ? 'circle' : 'check-circle'} /></span>
        ))}
        <span style={{ flex: 1 }} />
        {(dashboard.links ?? []).map((link) => (
          <span key={link.title} data-link={link.title} style={{ ...box, background: theme.colors.background.secondary }}>
            <Icon name={link.type === 'dashboards' ? 'bars' : 'external-link-alt'} /> {variables.replace(link.title, {}, 'text')}
          </span>
        ))}
      </div>
    </header>
  );
}

function Placed({ filled, asked, events, theme }: { filled: Filled; asked: Asked; events: Event[]; theme: GrafanaTheme2 }) {
  const { panel, variables } = filled;
  const { left, top, width, height } = place(panel, asked.width);
  const title = variables.replace(panel.title, {}, 'text');
  const marks = { 'data-panel': panel.id, 'data-title': title, 'data-type': panel.type };
  if (panel.type === 'row') {
    return (
      <div {...marks} style={{ position: 'absolute', left, top, width, height, display: 'flex', alignItems: 'center', fontSize: 16, fontWeight: 500 }}>
        <Icon name="angle-down" /> <span data-body>{title}</span>
      </div>
    );
  }
  const links = (panel.links ?? []).map((link) => (
    <a key={link.title} href={variables.replace(link.url)} title={link.title} style={{ padding: '0 4px' }}><Icon name="external-link-alt" /></a>
  ));
  return (
    <div {...marks} style={{ position: 'absolute', left, top, width, height }}>
      <PanelChrome
        width={width}
        height={height}
        title={title}
        hoverHeader={!title}
        description={panel.description && variables.replace(panel.description, {}, 'text')}
        titleItems={<>{panel.timeFrom && <span style={{ color: theme.colors.text.link, fontSize: 12, padding: '0 4px' }}><Icon name="clock-nine" /> {rangeUtil.describeTimeRange({ from: panel.timeFrom.startsWith('now') ? panel.timeFrom : `now-${panel.timeFrom}`, to: 'now' })}</span>}{links}</>}
        displayMode={panel.transparent ? 'transparent' : 'default'}
        statusMessage={filled.error}
        padding={panel.type === 'table' ? 'none' : 'md'}
      >
        {(wide, high) => (
          <div data-body style={{ width: wide, height: high }}>
            <Body filled={filled} asked={asked} events={events} theme={theme} width={wide} height={high} />
          </div>
        )}
      </PanelChrome>
    </div>
  );
}

function Body({ filled, asked, events, theme, width, height }: { filled: Filled; asked: Asked; events: Event[]; theme: GrafanaTheme2; width: number; height: number }) {
  const { panel, data, variables, range } = filled;
  const Renderer = RENDERERS[panel.type];
  if (!Renderer) {
    throw new Error(`panel ${panel.title}: there is no renderer for ${panel.type} here`);
  }
  const empty = data.every((frame) => frame.length === 0 || frame.fields.length === 0);
  if (empty && !REDUCED.includes(panel.type)) {
    return <Nothing text={panel.fieldConfig?.defaults.noValue ?? 'No data'} />;
  }
  return (
    <ErrorBoundary>
      {({ error }) => error ? <Nothing text={`An error: ${error.message}`} /> : (
        <Renderer panel={panel} data={data} variables={variables} range={range} timeZone={asked.timezone} theme={theme} width={width} height={height} events={events} />
      )}
    </ErrorBoundary>
  );
}
