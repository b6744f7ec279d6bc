/**
 * `npm run gallery`: opens every window, dialog, panel, menu and pop-up as a person sees them, and takes a picture of
 * each, light and dark, in a small and a large window. Started by `build/gallery.mjs`, which prepares what it needs.
 *
 * Arguments choose passes, as `light-large`. The pictures lie in `.out/gallery`, numbered in the order of the pass; a
 * list of them is printed. What could not be shown is told, and makes the exit code 1.
 */
import path from 'node:path';
import { editor, merging, panels } from './editing.ts';
import { Gallery, type Look, nameOf, type Picture } from './gallery.ts';
import { emptyHome, nameServers } from './home.ts';
import { homeLists, library } from './library.ts';
import { kernels, outages } from './outages.ts';
import { loading, outputs, permissions } from './outputs.ts';
import { damagedPlayer, exported, livePlayer, recordedPlayer, startTraining } from './player.ts';
import { serverFiles, serverKernels, serverTrouble } from './server.ts';
import { settingsWindow } from './settings.ts';
import { boxes, closingWhileBusy, menuBar } from './system.ts';
import { openWorld, type World } from './world.ts';

const looks: readonly Look[] = (['light', 'dark'] as const).flatMap((scheme) =>
  (['large', 'small'] as const).map((size) => ({ scheme, size })),
);

/** In their order: later ones show what earlier ones have left. */
const scenes: readonly (readonly [string, (world: World) => Promise<void>])[] = [
  ['Home, empty', emptyHome],
  ['several servers', nameServers],
  ['the files of a server', serverFiles],
  ['notebooks that load', loading],
  ['outputs', outputs],
  ['what outputs may do', permissions],
  ['the editor', editor],
  ['panels', panels],
  ['merging', merging],
  ['questions and ends of kernels', kernels],
  ['outages', outages],
  ['a notebook that trains', startTraining],
  ['the kernels of a server', serverKernels],
  ['a server in trouble', serverTrouble],
  ['Home with a history', homeLists],
  ['a running session in the player', livePlayer],
  ['a recorded session in the player', recordedPlayer],
  ['the library', library],
  ['a damaged session in the player', damagedPlayer],
  ['settings', settingsWindow],
  ['the menu bar', menuBar],
  ['message boxes', boxes],
  ['an exported page', exported],
  ['the end', closingWhileBusy],
];

const say = (line: string): void => void process.stderr.write(`nightjar: ${line}\n`);

interface Pass {
  readonly pictures: readonly Picture[];
  readonly failures: readonly string[];
}

async function run(look: Look): Promise<Pass> {
  const gallery = new Gallery(look, path.resolve('.out/gallery', nameOf(look)), say);
  let world: World | null = null;
  await gallery.scene('beginning', async () => {
    world = await openWorld(gallery);
  });
  await through(gallery, world);
  return gallery;
}

async function through(gallery: Gallery, world: World | null): Promise<void> {
  if (world === null) return;
  for (const [name, play] of scenes) await gallery.scene(name, () => play(world));
  await gallery.scene('ending', () => world.stop());
}

function contents(pictures: readonly Picture[]): string {
  const width = Math.max(0, ...pictures.map(({ file }) => file.length));
  return pictures.map(({ file, text }) => `${file.padEnd(width)}  ${text}\n`).join('');
}

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !looks.some((look) => nameOf(look) === name));
  if (unknown.length > 0) {
    say(`there is no pass "${unknown.join(', ')}"; there are: ${looks.map(nameOf).join(', ')}`);
    return 2;
  }
  const passes: Pass[] = [];
  for (const look of looks) {
    if (asked.length === 0 || asked.includes(nameOf(look))) passes.push(await run(look));
  }
  process.stdout.write(contents(passes.flatMap(({ pictures }) => pictures)));
  const failures = passes.flatMap((pass) => pass.failures);
  for (const failure of failures) say(failure);
  say(`${passes.flatMap(({ pictures }) => pictures).length} pictures in .out/gallery`);
  return failures.length === 0 ? 0 : 1;
}

const exitCode = await main();
// A step that was given up may still wait for something.
process.stdout.write('', () => process.exit(exitCode));
