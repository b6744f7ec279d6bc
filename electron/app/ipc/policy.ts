/**
 * Who may ask the main process for what, and who is told what. Pure, so that every refusal has a test.
 *
 * A message counts only from the main frame of a window of ours that still shows our own origin. What a window may
 * ask depends on its kind: Home manages servers and journals, a notebook window works with its notebook and its one
 * server, a player with its one journal. A command that names a server may, outside Home, name only the window's own;
 * a player, which shows files that came from anywhere, may name only the journal it plays.
 */
import * as v from 'valibot';
import { type CommandName, commands, type EventBody, type EventName, events } from '../../../shared/ipc/contract.ts';
import type { EventTarget } from '../../core/api.ts';
import { appOrigin, type WindowKind } from '../pages.ts';

export interface SenderFacts {
  /** The message came from the contents of a window in our registry. */
  readonly isOurWindow: boolean;
  readonly isMainFrame: boolean;
  /** Null when the frame is gone already. */
  readonly origin: string | null;
}

export function isTrustedSender(sender: SenderFacts): boolean {
  return sender.isOurWindow && sender.isMainFrame && sender.origin === appOrigin;
}

export function isCommandName(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(commands, name);
}

const home: readonly WindowKind[] = ['home'];
const serverSide: readonly WindowKind[] = ['server', 'notebook'];
const notebook: readonly WindowKind[] = ['notebook'];
const all: readonly WindowKind[] = ['home', 'server', 'notebook', 'settings', 'player'];
const tabs: readonly WindowKind[] = ['tabs'];
const setters: readonly WindowKind[] = ['settings', 'notebook'];
const settings: readonly WindowKind[] = ['settings'];
const player: readonly WindowKind[] = ['player'];
const journalSide: readonly WindowKind[] = ['home', 'player'];
const outputSide: readonly WindowKind[] = ['notebook', 'player'];
const notPlayers: readonly WindowKind[] = ['home', 'server', 'notebook'];

/** Every command stands here: one that is added to the contract does not compile until somebody decided. */
const allowed: Readonly<Record<CommandName, readonly WindowKind[]>> = {
  'window.context': [...all, ...tabs],
  'window.connect': serverSide,
  'window.title': all,
  'window.openHome': all,
  'window.ask': all,
  'window.openExternal': all,
  // Outside Home these concern the window's own server: its state, and a new token when the old one ran out.
  'servers.list': notPlayers,
  'servers.check': notPlayers,
  'servers.setToken': notPlayers,
  'servers.open': notPlayers,
  'servers.add': home,
  'servers.refresh': home,
  'servers.rename': home,
  'servers.setRecorder': notPlayers,
  'servers.remove': home,
  'notebooks.open': notPlayers,
  'recents.list': home,
  'recents.remove': home,
  'journals.list': home,
  'journals.verify': journalSide,
  'journals.reveal': journalSide,
  'local.start': home,
  'local.cancel': home,
  'settings.read': all,
  'settings.change': setters,
  'settings.open': all,
  'settings.reveal': settings,
  'files.download': serverSide,
  'disk.read': notebook,
  'disk.look': notebook,
  'disk.write': notebook,
  // A file is only written where the person says in the system's own dialog.
  'outputs.copy': outputSide,
  'outputs.save': outputSide,
  'outputs.network': notebook,
  'outputs.allow': notebook,
  'outputs.forbid': notebook,
  'outputs.picture': notebook,
  'notebook.restore': notebook,
  'notebook.attached': notebook,
  'notebook.draft': notebook,
  'notebook.discardDraft': notebook,
  'notebook.base': notebook,
  'notebook.readBase': notebook,
  'notebook.readView': notebook,
  'notebook.keepView': notebook,
  'notebook.renamed': notebook,
  'notebook.cancelExecution': notebook,
  'notebook.answerLostPrompt': notebook,
  'notebook.decideExecution': notebook,
  'tabs.read': tabs,
  'tabs.select': tabs,
  'tabs.zoomed': tabs,
  'tabs.close': tabs,
  'tabs.move': tabs,
  'tabs.menu': tabs,
  'playback.window': ['home', 'notebook', 'player'],
  'playback.info': player,
  'playback.moment': player,
  'playback.at': player,
  'playback.find': player,
  'journals.export': journalSide,
  'journals.search': home,
  'journals.rename': home,
  'journals.tag': home,
  'journals.keep': home,
  'journals.delete': home,
  'journals.undelete': home,
  'journals.import': home,
  'journals.importFiles': home,
  'journals.retention': home,
  'journals.setRetention': home,
  'journals.prunePlan': home,
  'journals.prune': home,
};

export function isAllowedCommand(kind: WindowKind, name: CommandName): boolean {
  return allowed[name].includes(kind);
}

/** False when a window of one server names another server. */
export function isOwnServer(window: { kind: WindowKind; serverId: string | null }, args: unknown): boolean {
  if (window.kind === 'home' || typeof args !== 'object' || args === null || !('serverId' in args)) return true;
  return args.serverId === window.serverId;
}

/** False when a player names another journal than the one it plays. */
export function isOwnJournal(window: { kind: WindowKind; journalId: string | null }, args: unknown): boolean {
  if (window.kind !== 'player' || typeof args !== 'object' || args === null || !('journalId' in args)) return true;
  return args.journalId === window.journalId;
}

/** Events that concern only Home; a window of one server learns nothing of the others. */
const homeEvents: readonly EventName[] = ['recents.changed', 'journals.changed', 'local.progress'];
const playerEvents: readonly EventName[] = ['playback.grew', 'playback.show'];
/** What a player hears: of its journal, of the theme and the menu, and nothing of servers. */
const heardByPlayers: readonly EventName[] = [...playerEvents, 'theme.changed', 'menu.command'];

/** A strip hears of its tabs and of the theme: it has nothing else to show. */
const heardByTabs: readonly EventName[] = ['tabs.changed', 'theme.changed'];

export function mayReceive(kind: WindowKind, name: EventName): boolean {
  if (kind === 'tabs' || name === 'tabs.changed') return kind === 'tabs' && heardByTabs.includes(name);
  if (kind === 'player') return heardByPlayers.includes(name);
  return !playerEvents.includes(name) && (kind === 'home' || !homeEvents.includes(name));
}

export interface Addressee {
  readonly windowId: string;
  readonly kind: WindowKind;
  readonly serverId: string | null;
  readonly path: string | null;
}

export function isAddressee(window: Addressee, target: EventTarget): boolean {
  switch (target.to) {
    case 'all':
      return true;
    case 'window':
      return window.windowId === target.windowId;
    case 'notebook':
      return (
        window.kind === 'notebook' &&
        window.serverId === target.serverId &&
        window.path === target.path &&
        window.windowId !== target.exceptWindowId
      );
  }
}

/** What of an event's body this window may see. */
export function visibleBody<Name extends EventName>(window: Addressee, name: Name, body: EventBody<Name>): unknown {
  if (name !== 'servers.changed' || window.kind === 'home') return body;
  const { servers } = v.parse(events['servers.changed'], body);
  return { servers: servers.filter((server) => server.serverId === window.serverId) };
}
