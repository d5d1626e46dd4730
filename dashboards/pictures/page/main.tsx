/** Asks what to show, asks Prometheus, draws, and tells the driver when all stands still. */

import 'uplot/dist/uPlot.min.css';
import { createTheme, dateMath, dateTime, EventBusSrv, ThemeContext, type DataFrame, type TimeRange } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { GlobalStyles, PanelContextProvider, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { events } from './annotations';
import { prepared } from './fields';
import { Page, place, type Filled } from './grid';
import type { Asked, Panel } from './model';
import { query, refused } from './prometheus';
import { read, type Reading } from './reading';
import { expanded } from './rows';
import { Variables } from './variables';

interface Told {
  title: string;
  variables: Record<string, { text: string[]; all: boolean; options: string[] }>;
  annotations: string[];
  panels: Reading[];
  problems: string[];
}

declare global {
  interface Window {
    __grafana_public_path__: string;
    /** There once all is drawn; reads what stands there now. */
    tell?: () => Told;
  }
}

async function show(asked: Asked): Promise<() => Told> {
  await initPluginTranslations('pictures');
  const theme = createTheme({ colors: { mode: asked.theme } });
  const range = between(asked.from, asked.to);
  const variables = new Variables(asked.dashboard, range, asked.timezone);
  await variables.resolve(asked.variables);
  const panels = expanded(asked.dashboard.panels, variables);
  const marked = (await Promise.all((asked.dashboard.annotations?.list ?? []).map((one) => events(one, variables, theme)))).flat();
  const filled = await Promise.all(panels.map((panel) => fill(panel, variables, asked)));
  await document.fonts.ready;
  const bus = new EventBusSrv();
  document.documentElement.style.overflow = 'hidden';
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PanelContextProvider value={{ eventsScope: 'global', eventBus: bus }}>
        <Page asked={asked} variables={variables} filled={filled} events={marked} theme={theme} />
        <PortalContainer />
      </PanelContextProvider>
    </ThemeContext.Provider>
  );
  await still();
  return () => ({
    title: asked.dashboard.title,
    variables: Object.fromEntries([...variables.chosen].map(([name, { texts, all, options }]) => [name, { text: texts, all, options: options.map((o) => o.text) }])),
    annotations: marked.map(({ from, text }) => `${new Date(from).toISOString()} ${text}`),
    panels: read(),
    problems: [...refused],
  });

  async function fill(panel: Panel, all: Variables, { minInterval, width, timezone }: Asked): Promise<Filled> {
    const own = panel.repeated ? all.bound(panel.repeated.variable, panel.repeated.text, panel.repeated.value) : all;
    const shifted = shift(panel, range);
    let frames: DataFrame[] = [];
    let error: string | undefined;
    try {
      const answered = await query(panel, own, shifted, place(panel, width).width, minInterval);
      frames = await prepared(panel, answered, own, theme, timezone);
    } catch (failure) {
      error = (failure as Error).message;
      refused.push(`${panel.title}: ${error}`);
    }
    return { panel, data: frames, error, range: shifted, variables: own };
  }
}

function between(from: number, to: number): TimeRange {
  const [start, end] = [dateTime(from), dateTime(to)];
  return { from: start, to: end, raw: { from: start, to: end } };
}

/** A panel may look at another range than the dashboard: `timeFrom` is its length, `timeShift` its distance. */
function shift({ timeFrom, timeShift }: Panel, range: TimeRange): TimeRange {
  let { from, to } = range;
  if (timeFrom) {
    // `30d` is the same as `now-30d`; `now/M` begins with the month.
    const math = timeFrom.startsWith('now') ? timeFrom.slice('now'.length) : `-${timeFrom}`;
    from = dateMath.parseDateMath(math, dateTime(to)) ?? from;
  }
  if (timeShift) {
    from = dateMath.parseDateMath(`-${timeShift}`, dateTime(from)) ?? from;
    to = dateMath.parseDateMath(`-${timeShift}`, dateTime(to)) ?? to;
  }
  return { from, to, raw: { from, to } };
}

/** Nothing in the page has changed for a quarter of a second. */
async function still(): Promise<void> {
  let changed = performance.now();
  const watcher = new MutationObserver(() => (changed = performance.now()));
  watcher.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const begun = changed;
  while (performance.now() - changed < 250 && performance.now() - begun < 15000) {
    await new Promise((done) => setTimeout(done, 50));
  }
  watcher.disconnect();
}

fetch('/asked.json')
  .then((answer) => answer.json())
  .then(show)
  .then((tell) => (window.tell = tell))
  .catch((error: Error) => {
    const problems = [...refused, error.stack ?? error.message];
    window.tell = () => ({ title: '', variables: {}, annotations: [], panels: [], problems });
  });
