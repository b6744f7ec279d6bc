/** Says what is still running, for the question before the app ends. Pure. */
import type { Core } from '../core/api.ts';

export type Busy = ReturnType<Core['busySessions']>;

/** The first notebook by its name, the others as a number. */
export function describeBusy(busy: Busy): string {
  const [first, ...others] = busy;
  const name = first?.notebookPath?.split('/').at(-1) ?? 'a notebook';
  const where = first === undefined ? '' : ` on ${first.serverName}`;
  if (others.length === 0) return `A cell of ${name} is still running${where}.`;
  const more = others.length === 1 ? '1 other notebook' : `${others.length} other notebooks`;
  return `Cells of ${name}${where} and of ${more} are still running.`;
}
