/**
 * Asserts over what can be read in pictures. `expectations.json` holds what is expected; the readings are those
 * that `take` wrote. Prints each disappointment, and exits with 1 if there is one.
 */

import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));

const matches = ({ dashboard, scene }, rule) =>
  (!rule.dashboard || [rule.dashboard].flat().includes(dashboard)) && (!rule.scene || [rule.scene].flat().includes(scene));

/** Everything in one picture that is not as expected. */
export function disappointments(reading, scene, expectations) {
  const found = [...reading.problems];
  const say = (panel, what) => found.push(`${panel.title || `panel ${panel.id}`}: ${what}`);
  const rules = expectations.everywhere.filter((rule) => matches({ dashboard: reading.dashboard, scene }, rule));
  for (const panel of reading.panels) {
    const spoken = [panel.title, ...panel.text, ...panel.axes, ...panel.links];
    for (const { never, because, but = [] } of rules) {
      const hit = spoken.find((text) => new RegExp(never).test(text));
      if (hit !== undefined && !but.includes(panel.title)) {
        say(panel, `“${hit}”: ${because}`);
      }
    }
    panel.cut.forEach((text) => say(panel, `cut off: ${text}`));
    const still = expectations.still.includes(reading.dashboard);
    panel.scrolls.filter((text) => still || text.startsWith('across')).forEach((text) => say(panel, `must be scrolled: ${text}`));
    if (panel.type !== 'row' && panel.text.length + panel.axes.length === 0) {
      say(panel, 'nothing can be read in it');
    }
  }
  return found;
}

/** The expectations of single panels. One that finds no panel is itself a disappointment. */
export function broken(readings, expectations) {
  const found = [];
  for (const rule of expectations.panels) {
    const concerned = readings.filter((reading) => matches(reading, rule));
    const panels = concerned.flatMap((reading) => reading.panels.filter(({ title }) => title === rule.panel).map((panel) => ({ reading, panel })));
    if (concerned.length > 0 && panels.length === 0) {
      found.push(`no panel “${rule.panel}” in ${[rule.dashboard].flat().join(', ')}`);
    }
    for (const { reading, panel } of panels) {
      const text = [...panel.text, ...panel.axes].join(' | ');
      const where = `${reading.scene} ${reading.dashboard}, ${panel.title}`;
      for (const pattern of [rule.reads ?? []].flat()) {
        if (!new RegExp(pattern).test(text)) {
          found.push(`${where}: should read /${pattern}/ (${rule.because}), reads “${text}”`);
        }
      }
      for (const pattern of [rule.never ?? []].flat()) {
        if (new RegExp(pattern).test(text)) {
          found.push(`${where}: should not read /${pattern}/ (${rule.because}), reads “${text}”`);
        }
      }
    }
  }
  return found;
}

/** `check.mjs EXPECTATIONS FOLDER…`: each folder is a scene, named like it. */
async function main([file = join(HERE, 'expectations.json'), ...folders]) {
  const expectations = JSON.parse(await readFile(file, 'utf8'));
  const readings = [];
  for (const folder of folders) {
    const scene = folder.replace(/\/$/, '').split('/').pop();
    for (const name of (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()) {
      readings.push({ scene, ...JSON.parse(await readFile(join(folder, name), 'utf8')) });
    }
  }
  if (readings.length === 0) {
    throw new Error('there is no reading to check');
  }
  const found = [
    ...readings.flatMap((reading) => disappointments(reading, reading.scene, expectations).map((what) => `${reading.scene} ${reading.dashboard}, ${what}`)),
    ...broken(readings, expectations),
  ];
  found.forEach((what) => console.log(what));
  console.log(`${readings.length} pictures, ${readings.reduce((sum, { panels }) => sum + panels.length, 0)} panels, ${found.length} disappointments`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2));
}
