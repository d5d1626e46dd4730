/** `smaller.mjs FOLDER`: the pictures of the README, with a palette of colours instead of all of them. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

// Scene, dashboard, and how many pixels from the top are shown: down to the end of a row of panels.
const SHOWN = [
  ['busy', 'operations', 1386],
  ['busy', 'wallboard', 1080],
  ['weeks', 'service-level', 1690],
];
const WIDE = 1280;
const MOST = 150_000;

const [folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
for (const [scene, dashboard, high] of SHOWN) {
  const picture = sharp(join(import.meta.dirname, 'build', 'pictures', scene, `${dashboard}.png`));
  const { width, height } = await picture.metadata();
  const file = join(folder, `${dashboard}.png`);
  const { size } = await picture
    .extract({ left: 0, top: 0, width, height: Math.min(height, high) })
    .resize({ width: WIDE })
    .png({ palette: true, colours: 192, dither: 0.4, effort: 10, compressionLevel: 9 })
    .toFile(file);
  console.log(`${file}: ${size} bytes`);
  if (size > MOST) {
    throw new Error(`${file} is larger than ${MOST} bytes`);
  }
}
