import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asServerId } from '../../../shared/ids.ts';
import { type CommandName, commands, type ServerSummary } from '../../../shared/ipc/contract.ts';
import {
  type Addressee,
  isAddressee,
  isAllowedCommand,
  isCommandName,
  isOwnJournal,
  isOwnServer,
  isTrustedSender,
  mayReceive,
  visibleBody,
} from './policy.ts';

const trusted = { isOurWindow: true, isMainFrame: true, origin: 'app://nightjar' };
const notebook: Addressee = { windowId: 'w1', kind: 'notebook', serverId: 's1', path: 'a.ipynb' };

describe('a sender', () => {
  it('is believed when it is the main frame of our window on our origin', () => {
    expect(isTrustedSender(trusted)).toBe(true);
  });

  it('is not believed when one of the three is missing', () => {
    expect(isTrustedSender({ ...trusted, isOurWindow: false })).toBe(false);
    expect(isTrustedSender({ ...trusted, isMainFrame: false })).toBe(false);
    for (const origin of [null, 'null', '', 'app://nightjar.example', 'app://other', 'https://nightjar']) {
      expect(isTrustedSender({ ...trusted, origin })).toBe(false);
    }
  });
});

describe('a command', () => {
  it('is known by the contract and by nothing else', () => {
    expect(isCommandName('servers.list')).toBe(true);
    for (const name of ['toString', '__proto__', 'servers.nope', 5, null]) expect(isCommandName(name)).toBe(false);
  });

  it('works on notebooks only from notebook windows', () => {
    const names = Object.keys(commands).filter(isCommandName);
    for (const name of names.filter((one) => one.startsWith('notebook.'))) {
      expect(isAllowedCommand('notebook', name)).toBe(true);
      expect(isAllowedCommand('server', name)).toBe(false);
      expect(isAllowedCommand('home', name)).toBe(false);
    }
  });

  it('manages servers and journals only from Home', () => {
    const names: CommandName[] = ['servers.add', 'servers.remove', 'journals.list', 'journals.reveal', 'local.start'];
    for (const name of names) {
      expect(isAllowedCommand('home', name)).toBe(true);
      expect(isAllowedCommand('server', name)).toBe(false);
      expect(isAllowedCommand('notebook', name)).toBe(false);
    }
    expect(isAllowedCommand('home', 'window.connect')).toBe(false);
  });

  it('of a player plays its journal, and reaches no server and no other journal', () => {
    const names = Object.keys(commands).filter(isCommandName);
    const open = names.filter((name) => isAllowedCommand('player', name));
    expect(open.filter((name) => /^(servers|notebooks?|recents|local|files)\./.test(name))).toEqual([]);
    expect(open).toContain('playback.moment');
    for (const name of ['journals.delete', 'journals.search', 'journals.list', 'window.connect'] as const) {
      expect(open).not.toContain(name);
    }
    const player = { kind: 'player', journalId: 'j1' } as const;
    expect(isOwnJournal(player, { journalId: 'j1', seq: 4 })).toBe(true);
    expect(isOwnJournal(player, { journalId: 'j2', seq: 4 })).toBe(false);
    expect(isOwnJournal({ kind: 'home', journalId: null }, { journalId: 'j2' })).toBe(true);
  });

  it('of the strip of tabs is about tabs, and about nothing else', () => {
    const names = Object.keys(commands).filter(isCommandName);
    const open = names.filter((name) => isAllowedCommand('tabs', name));
    expect(open.toSorted()).toEqual([
      ...['tabs.close', 'tabs.menu', 'tabs.move', 'tabs.read', 'tabs.select', 'tabs.zoomed', 'window.context'],
    ]);
    for (const name of open.filter((one) => one.startsWith('tabs.'))) {
      expect(isAllowedCommand('notebook', name)).toBe(false);
    }
  });

  it('names, outside Home, only the own server', () => {
    expect(isOwnServer(notebook, { serverId: 's1', path: 'b.ipynb' })).toBe(true);
    expect(isOwnServer(notebook, { serverId: 's2', path: 'b.ipynb' })).toBe(false);
    expect(isOwnServer(notebook, { path: 'b.ipynb' })).toBe(true);
    expect(isOwnServer({ kind: 'home', serverId: null }, { serverId: 's2' })).toBe(true);
  });
});

describe('an event', () => {
  const serverId = asServerId('s1');

  it('reaches the windows on its notebook but for the one it came from', () => {
    const target = { to: 'notebook', serverId, path: 'a.ipynb', exceptWindowId: 'w2' } as const;
    expect(isAddressee(notebook, target)).toBe(true);
    expect(isAddressee({ ...notebook, windowId: 'w2' }, target)).toBe(false);
    expect(isAddressee({ ...notebook, path: 'b.ipynb' }, target)).toBe(false);
    expect(isAddressee({ ...notebook, serverId: 's2' }, target)).toBe(false);
    expect(isAddressee({ ...notebook, kind: 'server' }, target)).toBe(false);
  });

  it('for one window reaches that window', () => {
    expect(isAddressee(notebook, { to: 'window', windowId: 'w1' })).toBe(true);
    expect(isAddressee(notebook, { to: 'window', windowId: 'w2' })).toBe(false);
    expect(isAddressee(notebook, { to: 'all' })).toBe(true);
  });

  it('tells a window of one server nothing of the others', () => {
    const summary = (id: string): ServerSummary => ({
      serverId: id,
      name: id,
      baseUrl: 'http://127.0.0.1/',
      state: 'online',
      detail: '',
      version: null,
      isLocal: false,
      hasRecorder: true,
      isHub: false,
      runningKernels: null,
      lastUsedTimeMs: null,
    });
    const body = { servers: [summary('s1'), summary('s2')] };
    expect(visibleBody(notebook, 'servers.changed', body)).toEqual({ servers: [summary('s1')] });
    expect(visibleBody({ ...notebook, kind: 'home', serverId: null }, 'servers.changed', body)).toEqual(body);
    expect(mayReceive('notebook', 'recents.changed')).toBe(false);
    expect(mayReceive('home', 'recents.changed')).toBe(true);
    expect(mayReceive('notebook', 'session.status')).toBe(true);
    expect(mayReceive('player', 'session.status')).toBe(false);
    expect(mayReceive('player', 'servers.changed')).toBe(false);
    expect(mayReceive('player', 'playback.grew')).toBe(true);
    expect(mayReceive('notebook', 'playback.grew')).toBe(false);
    expect(mayReceive('tabs', 'session.status')).toBe(false);
    expect(mayReceive('tabs', 'tabs.changed')).toBe(true);
    expect(mayReceive('notebook', 'tabs.changed')).toBe(false);
  });
});

it('the preload script and the main process name the same channels', () => {
  const namesIn = (file: string): string[] =>
    readFileSync(new URL(file, import.meta.url), 'utf8').match(/^export const .*$/gm) ?? [];
  expect(namesIn('../preload/channels.ts')).toHaveLength(2);
  expect(namesIn('../preload/channels.ts')).toEqual(namesIn('./channels.ts'));
});
