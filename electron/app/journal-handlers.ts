/**
 * The handlers for journals: the library of Home, and what a player asks of the one journal it plays.
 *
 * Where a file is read or written, the person says which one in a dialog of the system, or drops it on the window.
 */
import { asJournalId } from '../../shared/ids.ts';
import { ok, type Result } from '../../shared/result.ts';
import type { CommandArgs } from '../../shared/ipc/contract.ts';
import type { Core } from '../core/api.ts';
import { askForJournals, askWhereToSave } from './dialogs.ts';
import type { Handlers } from './ipc/server.ts';
import type { Players } from './players.ts';
import { showInFolder } from './shell.ts';
import type { AppWindow, Windows } from './windows.ts';

type JournalCommand = Extract<keyof Handlers, `journals.${string}` | `playback.${string}`>;

export interface JournalHandlerOptions {
  readonly core: Promise<Core>;
  readonly windows: Windows;
  readonly players: Players;
}

/** Takes files in one after the other; the first that cannot be read ends it, and its sentence is the answer. */
async function importFiles({ journals }: Core, files: readonly string[]): Promise<Result<string[]>> {
  const ids: string[] = [];
  for (const file of files) {
    const imported = await journals.importFile(file);
    if (!imported.ok) return imported;
    ids.push(imported.value);
  }
  return ok(ids);
}

async function exportJournal(
  window: AppWindow,
  { journals }: Core,
  { journalId, to, seq }: CommandArgs<'journals.export'>,
): Promise<Result<string | null>> {
  const id = asJournalId(journalId);
  const file = await askWhereToSave(window.pane.frame, await journals.exportName(id, to));
  return file === null ? ok(null) : journals.exportTo(id, to, seq, file);
}

export function journalHandlers(options: JournalHandlerOptions): Pick<Handlers, JournalCommand> {
  return { ...libraryHandlers(options), ...playbackHandlers(options) };
}

function libraryHandlers({
  core: coming,
  windows,
}: JournalHandlerOptions): Pick<Handlers, Extract<JournalCommand, `journals.${string}`>> {
  return {
    'journals.list': async () => ok(await (await coming).journals.list()),
    'journals.verify': async (_window, { journalId }) => {
      const verified = await (await coming).journals.verify(asJournalId(journalId));
      if (!verified.ok) return verified;
      const { gaps, damage, findings, ...counts } = verified.value;
      return ok({ ...counts, gaps: [...gaps], damage: [...damage], findings: [...findings] });
    },
    'journals.reveal': async (_window, { journalId }) => {
      const file = (await coming).journals.fileOf(asJournalId(journalId));
      if (!file.ok) return file;
      showInFolder(file.value);
      return ok(null);
    },
    'journals.search': async (_window, { query, limit }) => (await coming).journals.search(query, limit),
    'journals.rename': async (_window, { journalId, title }) =>
      (await coming).journals.rename(asJournalId(journalId), title),
    'journals.tag': async (_window, { journalId, tags }) => (await coming).journals.tag(asJournalId(journalId), tags),
    'journals.keep': async (_window, { journalId, keep }) => (await coming).journals.keep(asJournalId(journalId), keep),
    'journals.delete': async (_window, { journalId }) => {
      const deleted = await (await coming).journals.delete(asJournalId(journalId));
      if (deleted.ok) windows.closeOfJournal(journalId);
      return deleted;
    },
    'journals.undelete': async (_window, { journalId }) => (await coming).journals.undelete(asJournalId(journalId)),
    'journals.export': async (window, args) => exportJournal(window, await coming, args),
    'journals.import': async (window) => importFiles(await coming, await askForJournals(window.pane.frame)),
    'journals.importFiles': async (_window, { files }) => importFiles(await coming, files),
    'journals.retention': async () => ok((await coming).journals.retention()),
    'journals.setRetention': async (_window, retention) => {
      (await coming).journals.setRetention(retention);
      return ok(null);
    },
    'journals.prunePlan': async (_window, { bytesMax }) => (await coming).journals.prunePlan(bytesMax),
    'journals.prune': async (_window, { bytesMax }) => {
      const pruned = await (await coming).journals.prune(bytesMax);
      if (pruned.ok) for (const { journalId } of pruned.value.goes) windows.closeOfJournal(journalId);
      return pruned;
    },
  };
}

function playbackHandlers({
  core: coming,
  players,
}: JournalHandlerOptions): Pick<Handlers, Extract<JournalCommand, `playback.${string}`>> {
  return {
    'playback.window': (_window, { journalId, seq }) => players.open(journalId, seq),
    'playback.info': async (window, { journalId }) => {
      await players.watch(window);
      return (await coming).playback.info(asJournalId(journalId));
    },
    'playback.moment': async (_window, { journalId, seq, sinceSeq }) =>
      (await coming).playback.moment(asJournalId(journalId), seq, sinceSeq),
    'playback.at': async (_window, { journalId, timeMs }) => (await coming).playback.at(asJournalId(journalId), timeMs),
    'playback.find': async (_window, args) => (await coming).playback.find(args),
  };
}
