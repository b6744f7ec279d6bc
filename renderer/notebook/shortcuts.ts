/**
 * The keyboard: the keys of the command table, with what the person changed, given to JupyterLab's command registry.
 */
import type { CommandRegistry } from '@lumino/commands';
import type { Settings } from '../../shared/settings.ts';
import { type CommandEntry, commandEntry, commandList, extraKeys, type Key, type Place } from './command-list.ts';

/** Where JupyterLab's own class names say that a key belongs to the notebook and not to a field inside an output. */
const selectors: Readonly<Record<Place, string>> = {
  command: '.jp-Notebook.jp-mod-commandMode:not(.jp-mod-readWrite) :focus:not(:read-write)',
  edit: '.jp-Notebook.jp-mod-editMode .jp-InputArea-editor',
  notebook: '.jp-Notebook',
  window: 'body',
};

/** Keys that count only where the editor says so: completion is offered after a name, documentation inside code. */
const specialSelectors: Readonly<Record<string, string>> = {
  complete: '.jp-Notebook .jp-mod-completer-enabled',
  inspect: '.jp-CodeCell .jp-InputArea-editor:not(.jp-mod-has-primary-selection)',
};

type Changes = Settings['shortcuts'];

/** The keys a command has, with the person's changes. */
export function keysOf(entry: CommandEntry, changes: Changes): readonly Key[] {
  const own = changes[entry.id];
  if (own !== undefined) return own.map((keys) => ({ keys, place: entry.place }));
  return [...entry.keys, ...extraKeys.filter(({ command }) => command === entry.id).map(({ key }) => key)];
}

/** Whether keys of these two places can meet: in the window everything meets, in an editor no key of a cell does. */
function canMeet(a: Place, b: Place): boolean {
  return a === b || a === 'window' || b === 'window' || a === 'notebook' || b === 'notebook';
}

/** Commands other than `id` that answer to the same strokes, or whose strokes begin with them or are their beginning. */
export function conflictsOf(id: string, keys: Key, changes: Changes): CommandEntry[] {
  const mine = strokesOf(keys.keys).map(sameKey);
  return commandList.filter((entry) => {
    if (entry.id === id) return false;
    return keysOf(entry, changes).some((other) => {
      if (!canMeet(keys.place, other.place)) return false;
      const theirs = strokesOf(other.keys).map(sameKey);
      const length = Math.min(mine.length, theirs.length);
      return length > 0 && mine.slice(0, length).join() === theirs.slice(0, length).join();
    });
  });
}

/** On this keyboard `Accel` and `Ctrl` are one key; on a Mac they are not, and then nothing is said too much. */
function sameKey(stroke: string): string {
  const parts = stroke.split(' ').map((part) => (part === 'Accel' ? 'Ctrl' : part));
  return [...parts.slice(0, -1).sort(), parts.at(-1)?.toUpperCase()].join(' ');
}

export function strokesOf(keys: string): string[] {
  return keys.split(' , ');
}

/** A slider, a field or a button in an output has the focus: plain keys are meant for it, not for the cells. */
function isForControl(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (!(target instanceof Element) || target.closest('.jp-OutputArea-output') === null) return false;
  const isControl = target.closest('[role="slider"], [role="tab"], input, select, textarea, button') !== null;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && key === 'Enter');
  return isControl && isPlain && key !== 'Escape';
}

/**
 * Gives the table to the registry, and the keyboard to the registry. `setChanges` puts the person's keys in the place
 * of those that were there; `dispose` ends it.
 */
export function bindShortcuts(
  registry: CommandRegistry,
  initial: Changes,
): { setChanges(changes: Changes): void; dispose(): void } {
  let bound = bind(registry, initial);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isForControl(event)) registry.processKeydownEvent(event);
  };
  // Captured, as JupyterLab does: the editor must not act on a key that is a command.
  document.addEventListener('keydown', onKeyDown, true);
  return {
    setChanges: (changes) => {
      for (const binding of bound) binding.dispose();
      bound = bind(registry, changes);
    },
    dispose: () => document.removeEventListener('keydown', onKeyDown, true),
  };
}

function bind(registry: CommandRegistry, changes: Changes): { dispose(): void }[] {
  return commandList.flatMap((entry) =>
    keysOf(entry, changes).flatMap(({ keys, place }) => {
      const selector = specialSelectors[entry.id] ?? selectors[place];
      try {
        return [registry.addKeyBinding({ keys: strokesOf(keys), command: entry.id, selector })];
      } catch {
        // A key that a person wrote into the settings file and that does not exist. The others hold.
        console.warn(`nightjar: ${keys} is no key; ${entry.id} does without it`);
        return [];
      }
    }),
  );
}

/** The keys of a command as people read them, for lists: `Ctrl+S`, `D D`. */
export function readableKeys(id: string, changes: Changes, isMac: boolean): string[] {
  const entry = commandEntry(id);
  return entry === undefined ? [] : keysOf(entry, changes).map(({ keys }) => readable(keys, isMac));
}

const macNames: Readonly<Record<string, string>> = { Accel: '⌘', Ctrl: '⌃', Alt: '⌥', Shift: '⇧', Cmd: '⌘' };
const otherNames: Readonly<Record<string, string>> = { Accel: 'Ctrl' };
const arrows: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
};

export function readable(keys: string, isMac: boolean): string {
  const names = { ...arrows, ...(isMac ? macNames : otherNames) };
  return strokesOf(keys)
    .map((stroke) =>
      stroke
        .split(' ')
        .map((key) => names[key] ?? key)
        .join(isMac ? '' : '+'),
    )
    .join(' ');
}

const modifierKeys: ReadonlySet<string> = new Set(['Ctrl', 'Shift', 'Alt', 'Cmd', 'Meta', '']);

/** A stroke as Lumino names it, in the table's terms: `Accel` for the platform's own. `null` for a modifier alone. */
export function tableStroke(stroke: string, isMac: boolean): string | null {
  const parts = stroke.split(' ');
  if (modifierKeys.has(parts.at(-1) ?? '')) return null;
  return parts.map((part) => (part === (isMac ? 'Cmd' : 'Ctrl') ? 'Accel' : part)).join(' ');
}
