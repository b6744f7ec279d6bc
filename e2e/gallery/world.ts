/**
 * What one pass runs against: one Jupyter server with files and two kernels, seen through several doors that can be
 * shut, so that the app knows several servers; and the app with a profile of its own.
 */
import fs from 'node:fs';
import path from 'node:path';
import { TestApp } from '../support/app.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { startJupyter, testPython, type TestServer } from '../support/jupyter-server.ts';
import { type Gallery, sizes } from './gallery.ts';
import { putNotebook } from './drive.ts';
import { holdNative } from './native.ts';
import * as notebooks from './notebooks.ts';

export interface World {
  readonly gallery: Gallery;
  readonly app: TestApp;
  readonly server: TestServer;
  readonly profile: string;
  /** The server that most things are shown with. */
  readonly lab: FaultProxy;
  /** One without a recorder, whose connection is cut. */
  readonly cluster: FaultProxy;
  /** One that asks for a new token, and one that is away. */
  readonly laptop: FaultProxy;
  readonly station: FaultProxy;
  stop(): Promise<void>;
}

export const addressOf = ({ port }: FaultProxy): string => `http://127.0.0.1:${port}/`;

export async function openWorld(gallery: Gallery): Promise<World> {
  const server = await startJupyter();
  const port = Number(new URL(server.baseUrl).port);
  const doors = await Promise.all([0, 1, 2, 3].map(() => FaultProxy.start(port)));
  const [lab, cluster, laptop, station] = doors;
  if (lab === undefined || cluster === undefined || laptop === undefined || station === undefined) {
    throw new Error('the doors of the server did not open');
  }
  await fillServer(server);
  const profile = TestApp.newProfile();
  const app = await TestApp.start(profile);
  app.electron.context().setDefaultTimeout(45_000);
  await dress(app, gallery);
  await holdNative(app);
  const stop = async (): Promise<void> => {
    await app.close();
    for (const door of doors) await door.stop();
    await server.stop();
    TestApp.removeProfile(profile);
  };
  return { gallery, app, server, profile, lab, cluster, laptop, station, stop };
}

/** Every window gets the size and the theme of this pass as soon as it is shown. */
async function dress(app: TestApp, { look }: Gallery): Promise<void> {
  await app.window('home');
  await app.electron.evaluate(
    ({ app: electronApp, BrowserWindow, nativeTheme }, { scheme, width, height }) => {
      nativeTheme.themeSource = scheme;
      const resize = (window: Electron.BrowserWindow): void => window.setContentSize(width, height);
      for (const window of BrowserWindow.getAllWindows()) resize(window);
      electronApp.on('browser-window-created', (_event, window) => {
        window.once('show', () => resize(window));
      });
    },
    { scheme: look.scheme, ...sizes[look.size] },
  );
}

async function fillServer(server: TestServer): Promise<void> {
  const write = (name: string, content: string): void => {
    fs.mkdirSync(path.dirname(path.join(server.root, name)), { recursive: true });
    fs.writeFileSync(path.join(server.root, name), content);
  };
  fs.mkdirSync(path.join(server.root, 'nothing yet'));
  write('measurements/2026/north.csv', 'day,rain\n1,12.4\n');
  write('measurements/2026/east.csv', 'day,rain\n1,8.1\n');
  write('requirements.txt', 'pandas\nplotly\n');
  write('notes.md', '# Notes\n');
  write('results.csv', 'x,y\n'.repeat(40_000));
  write(
    'a file with a rather long name that says what is in it, in which year, where, and by whom it was made.txt',
    '',
  );
  write('downloaded.ipynb', JSON.stringify(notebooks.downloaded));
  const files = {
    'analysis.ipynb': notebooks.analysis,
    'report.ipynb': notebooks.report,
    'editing.ipynb': notebooks.editing,
    'shared.ipynb': notebooks.shared,
    'training.ipynb': notebooks.training,
    'asking.ipynb': notebooks.asking,
    'outage.ipynb': notebooks.outage,
    'dying.ipynb': notebooks.dying,
    'blank.ipynb': [{ id: 'only', source: '' }],
  };
  for (const [name, cells] of Object.entries(files)) await putNotebook(server, name, cells);
  addKernel(path.dirname(server.root));
}

/** A second kernel, so that there is something to choose from. */
function addKernel(home: string): void {
  const folder = path.join(home, '.local/share/jupyter/kernels/gpu');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(
    path.join(folder, 'kernel.json'),
    JSON.stringify({
      argv: [testPython(), '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      display_name: 'Python 3 (GPU)',
      language: 'python',
    }),
  );
}
