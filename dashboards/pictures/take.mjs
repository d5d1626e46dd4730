/**
 * Takes pictures of dashboards: serves the page on loopback, hands its questions on to Prometheus, and lets
 * a headless Chromium draw. Beside each picture it writes what a person can read in it.
 */

import { createServer } from 'node:http';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';

const HERE = dirname(fileURLToPath(import.meta.url));
const USAGE = `take: pictures of dashboards, and what can be read in them

  --prometheus URL      whom to ask [http://127.0.0.1:9090]
  --dashboards PATH     a folder, or one JSON; repeatable [the folder above this one]
  --at TIME             the end of the range: 2026-10-29T11:30:00Z, seconds since 1970, or now [now]
  --range LENGTH        how long the range is: 12h, 7d [what the dashboard has]
  --range-of NAME=LENGTH  the same for one dashboard; repeatable
  --var NAME=VALUE[,..] the value of a variable, by its text or value; $__all for all; repeatable
  --timezone ZONE       the browser's time zone [America/Bogota]
  --theme dark|light    [dark]
  --output FOLDER       where NAME.png and NAME.json go [build/pictures]
  --size NAME=WxH       a screen for one dashboard, cut to its height; repeatable [wallboard=1920x1080]
  --chromium PATH       [/usr/bin/chromium]

Exits with 1 where Prometheus refused a question, or the page had an error.`;

const { values: asked } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    dashboards: { type: 'string', multiple: true, default: [dirname(HERE)] },
    at: { type: 'string', default: 'now' },
    range: { type: 'string' },
    'range-of': { type: 'string', multiple: true, default: [] },
    var: { type: 'string', multiple: true, default: [] },
    timezone: { type: 'string', default: 'America/Bogota' },
    theme: { type: 'string', default: 'dark' },
    output: { type: 'string', default: join(HERE, 'build', 'pictures') },
    size: { type: 'string', multiple: true, default: ['wallboard=1920x1080'] },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    help: { type: 'boolean' },
  },
});

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.woff': 'font/woff' };
// Where the components look for what Grafana's server has, and where it is here.
const PLACES = [
  ['/public/build/img/', 'node_modules/@grafana/ui/dist/public/img/'],
  ['/public/fonts/inter/Inter-Regular', 'node_modules/@fontsource/inter/files/inter-latin-400-normal'],
  ['/public/fonts/inter/Inter-Medium', 'node_modules/@fontsource/inter/files/inter-latin-500-normal'],
  ['/public/fonts/inter/Inter-Italic', 'node_modules/@fontsource/inter/files/inter-latin-400-italic'],
];
const UNITS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const WAIT = 60_000;

/** `NAME=VALUE` arguments as an object. */
const named = (list) => Object.fromEntries(list.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));

function milliseconds(length) {
  const match = /^(\d+)([smhdw])$/.exec(length);
  if (!match) {
    throw new Error(`not a length of time: ${length}`);
  }
  return Number(match[1]) * UNITS[match[2]] * 1000;
}

function moment(text) {
  const time = text === 'now' ? Date.now() : /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new Error(`not a time: ${text}`);
  }
  return time;
}

/**
 * The range of a dashboard that ends at `to`. Of its own only `now-12h` to `now`, and forms rounded to a
 * calendar's unit such as `now/d` or `now-1M/M`, are understood.
 */
function range(dashboard, name, to) {
  const length = named(asked['range-of'])[name] ?? asked.range;
  const own = dashboard.time?.from ?? 'now-6h';
  const simple = /^now-(\d+[smhdw])$/.exec(length ? `now-${length}` : own);
  if (simple) {
    return { from: to - milliseconds(simple[1]), to, rangeText: `Last ${simple[1]}` };
  }
  const rounded = /^now(?:-(\d+)([dwM]))?\/([dwM])$/.exec(own);
  if (!rounded) {
    throw new Error(`${name}: the range ${own} is not understood here; use --range`);
  }
  const [, count = 0, unit = 'd', by] = rounded;
  const date = new Date(to);
  date.setHours(0, 0, 0, 0);
  if (unit === 'M') {
    date.setMonth(date.getMonth() - Number(count), by === 'M' ? 1 : date.getDate());
  } else {
    date.setDate(date.getDate() - Number(count) * (unit === 'w' ? 7 : 1));
  }
  if (by === 'M') {
    date.setDate(1);
  } else if (by === 'w') {
    date.setDate(date.getDate() - date.getDay());
  }
  return { from: date.getTime(), to, rangeText: `${own} to now` };
}

async function files() {
  const found = [];
  for (const path of asked.dashboards) {
    if ((await stat(path)).isDirectory()) {
      const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
      found.push(...names.map((name) => join(path, name)));
    } else {
      found.push(path);
    }
  }
  return found;
}

/** What the page may ask for: itself, its icons, the question, and Prometheus. */
async function answer(request, current) {
  const { pathname, search } = new URL(request.url, 'http://page');
  if (pathname === '/asked.json') {
    return [200, 'application/json', JSON.stringify(current)];
  }
  if (pathname.startsWith('/prometheus/')) {
    const answered = await fetch(asked.prometheus + pathname.slice('/prometheus'.length) + search, { signal: AbortSignal.timeout(WAIT) });
    return [answered.status, 'application/json', await answered.text()];
  }
  if (pathname === '/favicon.ico') {
    return [204, 'text/plain', ''];
  }
  const [from, to] = PLACES.find(([from]) => pathname.startsWith(from)) ?? ['', ''];
  const path = join(HERE, to + (pathname === '/' ? 'page/index.html' : normalize(pathname.slice(from.length))));
  return [200, TYPES[extname(path)] ?? 'application/octet-stream', await readFile(path)];
}

async function picture(browser, url, name, dashboard, current) {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(`error in the page: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type()) && !/DevTools|status of 4\d\d/.test(message.text())) {
      problems.push(`console: ${message.text()} ${message.location().url ?? ''}`);
    }
  });
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().includes('/prometheus/')) {
      problems.push(`not found: ${response.url()}`);
    }
  });
  const [width, height] = (named(asked.size)[name] ?? '1600x900').split('x').map(Number);
  current.width = width;
  try {
    await page.emulateTimezone(asked.timezone);
    await page.setViewport({ width, height });
    await page.goto(url);
    await page.waitForFunction('window.tell', { timeout: WAIT });
    // Icons come one by one after the panels.
    await page.waitForNetworkIdle({ idleTime: 250, timeout: WAIT });
    const told = await page.evaluate('window.tell()');
    problems.push(...told.problems);
    const whole = await page.evaluate('document.getElementById("page")?.offsetHeight ?? 0');
    // A screen on a wall shows what fits; a person at a desk scrolls.
    const fixed = name in named(asked.size);
    await page.setViewport({ width, height: fixed ? height : Math.max(whole, 100) });
    await page.screenshot({ path: join(asked.output, `${name}.png`) });
    if (fixed && whole > height) {
      problems.push(`higher than its screen: ${whole} of ${height} pixels`);
    }
    const { from, to } = current;
    const record = { ...told, dashboard: name, from: new Date(from).toISOString(), to: new Date(to).toISOString(), height: whole, problems };
    await writeFile(join(asked.output, `${name}.json`), `${JSON.stringify(record, null, 1)}\n`);
    return record;
  } finally {
    await page.close();
  }
}

async function main() {
  process.env.TZ = asked.timezone;
  await mkdir(asked.output, { recursive: true });
  const current = {};
  const server = createServer((request, response) => {
    answer(request, current.asked)
      .catch((error) => [error.code === 'ENOENT' ? 404 : 502, 'text/plain', error.message])
      .then(([status, type, body]) => response.writeHead(status, { 'content-type': type }).end(body));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const browser = await puppeteer.launch({
    executablePath: asked.chromium,
    args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-color-profile=srgb', '--lang=en-US'],
  });
  let failed = false;
  try {
    const to = moment(asked.at);
    for (const file of await files()) {
      const name = basename(file, '.json');
      const dashboard = JSON.parse(await readFile(file, 'utf8'));
      const variables = Object.fromEntries(Object.entries(named(asked.var)).map(([key, value]) => [key, value.split(',')]));
      current.asked = { dashboard, ...range(dashboard, name, to), variables, theme: asked.theme, timezone: asked.timezone, minInterval: '15s' };
      const record = await picture(browser, url, name, dashboard, current.asked);
      const empty = record.panels.filter(({ nothing }) => nothing).length;
      const cut = record.panels.reduce((sum, panel) => sum + panel.cut.length, 0);
      console.log(`${name}: ${record.panels.length} panels, ${empty} empty, ${cut} texts cut off, ${record.problems.length} problems`);
      record.problems.forEach((problem) => console.log(`  ${problem}`));
      failed ||= record.problems.length > 0;
    }
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
  process.exitCode = failed ? 1 : 0;
}

if (asked.help) {
  console.log(USAGE);
} else {
  await main();
}
