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
import { askForJournals, tell } from './dialogs.ts';
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
    this.#windows.open({ kind: 'notebook', serverId, path: notebookPath, journalId: null }, { newWindow });
    core.notebooks.opened(asServerId(serverId), notebookPath);
    return ok(null);
  }

  /**
   * The windows of the last time, or Home when there were none. They come up while the core still opens; one whose
   * server or journal was removed meanwhile closes again.
   */
  async restore(): Promise<void> {
    const remembered = this.#windows.remembered();
    for (const subject of remembered) this.#windows.open(subject, { newWindow: true });
    if (remembered.length === 0) this.#windows.openHome();
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
    for (const orphan of orphans) orphan.browser.close();
  }

  async request(request: StartRequest): Promise<void> {
    if (request.demo) await this.#demo();
    for (const address of request.addresses) await this.#address(address);
    const files = request.files.filter(isFile);
    await this.journalFiles(files.filter(isJournal));
    if (files.some((file) => !isJournal(file))) {
      await tell(
        this.#windows.current()?.browser ?? null,
        'Nightjar opens notebooks from a Jupyter server, not files of this computer.',
        'Add the server in Home and open the notebook there. For notebooks on this computer, start a local Jupyter ' +
          'in Home. Nothing was changed.',
      );
    }
  }

  /** Asks for journal files and opens them, as a double click on each would. */
  async askForJournals(): Promise<void> {
    await this.journalFiles(await askForJournals(this.#windows.current()?.browser ?? null));
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
        await tell(window.browser, `${path.basename(file)} could not be opened.`, opened.problem.sentence);
      }
    }
  }

  async #demo(): Promise<void> {
    const home = this.#windows.openHome();
    const core = await this.#core;
    const started = await core.servers.startLocal();
    if (started.ok) await this.notebook(started.value.server.serverId, started.value.samplePath, false);
    else await tell(home.browser, 'The local Jupyter could not be started.', started.problem.sentence);
  }

  async #address(address: string): Promise<void> {
    const core = await this.#core;
    const added = await core.servers.add(address, null);
    if (!added.ok) {
      await tell(this.#windows.openHome().browser, 'This address could not be opened.', added.problem.sentence);
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

/** Folders are left out: they are mostly the values of Chromium's switches. */
function isFile(name: string): boolean {
  return existsSync(name) && statSync(name).isFile();
}
