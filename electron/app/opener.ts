/**
 * Opens what somebody asked for: a notebook, a server, a journal file, the windows of the last time, what stood on the
 * command line.
 *
 * Commands of windows, the menu and a second start of the app all come through here, so that a notebook is opened the
 * same way whoever asked. Expected failures come back as sentences; those of the command line are shown in a dialog.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { asJournalId, asServerId } from '../../shared/ids.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import type { Core } from '../core/api.ts';
import type { StartRequest } from './arguments.ts';
import { askForJournals, askForNotebookFile, askIn, tell } from './dialogs.ts';
import type { Players } from './players.ts';
import type { Windows } from './windows.ts';

export class Opener {
  readonly #windows: Windows;
  readonly #players: Players;
  readonly #core: Promise<Core>;

  constructor(windows: Windows, players: Players, core: Promise<Core>) {
    this.#windows = windows;
    this.#players = players;
    this.#core = core;
  }

  async server(serverId: string): Promise<Result<null>> {
    const core = await this.#core;
    if (!knows(core, serverId)) return unknownServer;
    this.#windows.open({ kind: 'server', serverId, path: null, journalId: null }, { newWindow: false });
    return ok(null);
  }

  async notebook(serverId: string, notebookPath: string, newWindow: boolean): Promise<Result<null>> {
    const core = await this.#core;
    if (!knows(core, serverId)) return unknownServer;
    const subject = { kind: 'notebook', serverId, path: notebookPath, journalId: null } as const;
    if (newWindow || !this.#windows.shows(subject)) core.notebooks.readAhead(asServerId(serverId), notebookPath);
    this.#windows.open(subject, { newWindow });
    core.notebooks.opened(asServerId(serverId), notebookPath);
    return ok(null);
  }

  /**
   * The windows of the last time, or Home when there were none. They come up while the core still opens; one whose
   * server or journal was removed meanwhile closes again.
   */
  async restore(): Promise<void> {
    if (!this.#windows.reopen()) this.#windows.openHome();
    const core = await this.#core;
    const orphans = this.#windows
      .list()
      .filter(
        ({ serverId, journalId }) =>
          (serverId !== null && !knows(core, serverId)) ||
          (journalId !== null && !core.journals.fileOf(asJournalId(journalId)).ok),
      );
    if (orphans.length === 0) return;
    this.#windows.openHome();
    for (const orphan of orphans) orphan.pane.close();
  }

  async request(request: StartRequest): Promise<void> {
    if (request.demo) await this.#demo();
    for (const address of request.addresses) await this.#address(address);
    const files = request.files.filter(isFile);
    await this.journalFiles(files.filter(isJournal));
    for (const file of files.filter(isNotebook)) await this.local(file);
    if (files.some((file) => !isJournal(file) && !isNotebook(file))) {
      await tell(
        this.#windows.current()?.pane.frame ?? null,
        'Nightjar opens notebooks and journals.',
        'Of the files of this computer it opens those that end in .ipynb or .nightjar. Nothing was changed.',
      );
    }
  }

  /** Asks for journal files and opens them, as a double click on each would. */
  async askForJournals(): Promise<void> {
    await this.journalFiles(await askForJournals(this.#windows.current()?.pane.frame ?? null));
  }

  /** Takes journal files into the library and plays them. What cannot be read is told. */
  async journalFiles(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    const { journals } = await this.#core;
    for (const file of files) {
      const imported = await journals.importFile(file);
      const opened = imported.ok ? await this.#players.open(imported.value, null) : imported;
      if (!opened.ok) {
        const window = this.#windows.current() ?? this.#windows.openHome();
        await tell(window.pane.frame, `${path.basename(file)} could not be opened.`, opened.problem.sentence);
      }
    }
  }

  /** Asks for a notebook file of this computer, and opens it. */
  async chooseLocal(): Promise<void> {
    const file = await askForNotebookFile(this.#windows.current()?.pane.frame ?? null);
    if (file !== null) await this.local(file);
  }

  /** Opens a notebook file of this computer, with a kernel of the server that the person chooses. */
  async local(file: string): Promise<void> {
    const core = await this.#core;
    const server = await this.#chooseServer(core, path.basename(file));
    if (server !== null) await this.notebook(server, core.disk.nameOf(path.resolve(file)), false);
  }

  /** Where the kernel of a local notebook runs: the server of the window in front, the only one, or as asked. */
  async #chooseServer(core: Core, name: string): Promise<string | null> {
    const front = this.#windows.current();
    const servers = core.servers
      .list()
      .sort((a, b) => (b.lastUsedTimeMs ?? 0) - (a.lastUsedTimeMs ?? 0))
      .slice(0, serversAskedMax);
    const own =
      servers.find(({ serverId }) => serverId === front?.serverId) ?? (servers.length === 1 ? servers[0] : null);
    if (own !== null && own !== undefined) return own.serverId;
    const { frame } = front?.pane ?? this.#windows.openHome().pane;
    if (servers.length === 0) {
      await tell(
        frame,
        'A local notebook needs a server for its kernel.',
        'Add a Jupyter server in Home, or start one on this computer there. Then open the notebook again.',
      );
      return null;
    }
    const answer = await askIn(frame, {
      message: `On which server should the kernel of ${name} run?`,
      detail: 'The notebook itself stays a file of this computer.',
      buttons: [...servers.map((server) => server.name), 'Cancel'],
      defaultButton: 0,
      cancelButton: servers.length,
    });
    return servers[answer]?.serverId ?? null;
  }

  async #demo(): Promise<void> {
    const home = this.#windows.openHome();
    const core = await this.#core;
    const started = await core.servers.startLocal();
    if (started.ok) await this.notebook(started.value.server.serverId, started.value.samplePath, false);
    else await tell(home.pane.frame, 'The local Jupyter could not be started.', started.problem.sentence);
  }

  async #address(address: string): Promise<void> {
    const core = await this.#core;
    const added = await core.servers.add(address, null);
    if (!added.ok) {
      await tell(this.#windows.openHome().pane.frame, 'This address could not be opened.', added.problem.sentence);
      return;
    }
    const { server, notebookPath } = added.value;
    if (notebookPath?.endsWith('.ipynb') === true) await this.notebook(server.serverId, notebookPath, false);
    else await this.server(server.serverId);
  }
}

const unknownServer = fail(
  'unknown-server',
  'This server is no longer in Nightjar. Add it again in Home with its address.',
);

function knows(core: Core, serverId: string): boolean {
  return core.servers.list().some((server) => server.serverId === serverId);
}

function isJournal(name: string): boolean {
  return name.toLowerCase().endsWith('.nightjar');
}

/** More buttons than this no message box has room for. */
const serversAskedMax = 5;

function isNotebook(name: string): boolean {
  return name.toLowerCase().endsWith('.ipynb');
}

/** Folders are left out: they are mostly the values of Chromium's switches. */
function isFile(name: string): boolean {
  return existsSync(name) && statSync(name).isFile();
}
