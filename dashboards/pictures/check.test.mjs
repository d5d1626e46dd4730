/** The checker is checked: what `proof/faults.json` does wrong must be found, and what is right must not be. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { broken, disappointments } from './check.mjs';

// `run` takes the pictures of `proof/` before it runs these tests.
const read = async (...path) => JSON.parse(await readFile(join(import.meta.dirname, ...path), 'utf8'));
const expectations = await read('expectations.json');

test('each kind of panel shows what it was given', async () => {
  const kinds = await read('build', 'proof', 'kinds.json');
  assert.deepEqual(broken([{ scene: 'proof', ...kinds }], await read('proof', 'kinds.expected.json')), []);
  assert.deepEqual(disappointments(kinds, 'proof', { ...expectations, everywhere: [] }), []);
  assert.equal(kinds.annotations.length, 1);
  const table = kinds.panels.find(({ title }) => title === 'Table');
  assert.ok(table.links.every((link) => /^\/d\/other\?var-who=[xy]&var-one=\$__all&from=\d+&to=\d+$/.test(link)), table.links.join());
});

const FAULTS = {
  'Nought by nought': /nothing can be read/,
  'Of $nothing': /nobody filled in/,
  Silent: /“No data”/,
  Refused: /bad_data.*sum\(/,
  'Unnamed column': /“Value #A”/,
  'Narrow cell': /cut off: a text that is far/,
  'A title that does not find room in a panel of this width': /cut off: A title/,
  'Many words': /must be scrolled: down/,
  'Unwritten legend': /nobody wrote/,
  'One by nought': /division by zero/,
  'A long row': /cut off: a name/,
};

test('each fault is found where it is', async () => {
  const faults = await read('build', 'proof', 'faults.json');
  const found = disappointments(faults, 'proof', { ...expectations, still: ['faults'] });
  for (const [title, what] of Object.entries(FAULTS)) {
    assert.ok(found.some((text) => text.startsWith(`${title}: `) && what.test(text)), `${title} was not found in\n${found.join('\n')}`);
  }
  const strangers = found.filter((text) => !Object.keys(FAULTS).some((title) => text.startsWith(`${title}: `)));
  assert.deepEqual(strangers, []);
});

test('an expectation that finds no panel, or another text, is a disappointment', async () => {
  const kinds = { scene: 'proof', ...(await read('build', 'proof', 'kinds.json')) };
  const of = (rule) => broken([kinds], { panels: [{ because: 'of a reason', ...rule }] }).length;
  assert.equal(of({ panel: 'Nobody' }), 1);
  assert.equal(of({ panel: 'Share', reads: '^81\\.3%$' }), 0);
  assert.equal(of({ panel: 'Share', reads: '^82' }), 1);
  assert.equal(of({ panel: 'Share', never: '81' }), 1);
  assert.equal(of({ panel: 'Nobody', scene: 'another' }), 0);
});
