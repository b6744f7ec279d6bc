// Each rule of the tables is broken once here: a check that finds nothing is worth nothing.

import { describe, expect, it } from 'vitest';
import { checkLayers, importsOf, violations } from './layers.mjs';

describe('the layers', () => {
  it('are kept by the sources of this repository', () => {
    expect(checkLayers()).toEqual([]);
  });

  it.each([
    ['shared/a.ts', "import { readFile } from 'node:fs';", 'shared has no Node modules'],
    ['shared/a.ts', "import { x } from '../electron/core/x.ts';", 'shared may not import electron/core/x.ts'],
    ['shared/a.ts', "import type { App } from 'electron';", 'shared may not import the package electron'],
    ['electron/core/a.ts', "import { app } from 'electron';", 'electron/core may not import the package electron'],
    ['electron/core/a.ts', "import Store from 'electron-store';", 'may not import the package electron-store'],
    ['electron/core/a.ts', "export * from '../app/x.ts';", 'electron/core may not import electron/app/x.ts'],
    ['electron/cli/a.ts', "await import('../app/x.ts');", 'electron/cli may not import electron/app/x.ts'],
    ['electron/app/a.ts', "import { x } from './preload/x.ts';", 'may not import electron/app/preload/x.ts'],
    ['electron/app/preload/a.ts', "import fs from 'fs';", 'electron/app/preload has no Node modules'],
    ['electron/app/preload/a.ts', "import { x } from '../x.ts';", 'may not import electron/app/x.ts'],
    ['renderer/a.tsx', "import { x } from '../electron/core/x.ts';", 'renderer may not import electron/core/x.ts'],
    ['renderer/a.tsx', "import WebSocket from 'ws';", 'renderer may not import the package ws'],
    ['renderer/a.ts', "import '../../outside.ts';", 'renderer may not import ../outside.ts'],
    ['renderer/a.ts', "import { it } from 'vitest';", 'renderer may not import the package vitest'],
    ['elsewhere/a.ts', '', 'no layer is defined'],
  ])('refuse in %s: %s', (file, source, sentence) => {
    expect(violations({ [file]: source })).toEqual([expect.stringContaining(sentence)]);
  });

  it('let a layer import what stands to its left, and tests their tools', () => {
    const sources = {
      'shared/a.ts': "import * as v from 'valibot'; import { b } from './b.ts';",
      'electron/core/a.ts': "import { a } from '../../shared/a.ts'; import fs from 'node:fs'; import 'ws';",
      'electron/app/a.ts': "import { app } from 'electron'; import { a } from '../core/a.ts';",
      'renderer/home/a.tsx': "import { useState } from 'react'; import '@jupyterlab/notebook/style/index.js';",
      'shared/a.test.ts': "import { it } from 'vitest'; import { readFileSync } from 'node:fs';",
    };
    expect(violations(sources)).toEqual([]);
  });
});

describe('the doors', () => {
  it.each([
    ['electron/app/windows.ts', "import { app, ipcMain } from 'electron';", 'ipcMain', 'electron/app/ipc'],
    ['electron/app/windows.ts', "import { safeStorage as s } from 'electron';", 'safeStorage', 'secrets.ts'],
    ['electron/app/menu.ts', "import { shell } from 'electron';", 'shell', 'electron/app/shell.ts'],
    ['electron/app/menu.ts', "export { shell } from 'electron';", 'shell', 'electron/app/shell.ts'],
    ['electron/app/menu.ts', "import { shell } from 'electron/main';", 'shell', 'electron/app/shell.ts'],
    ['electron/app/menu.ts', "import electron from 'electron';", 'default', 'electron/app/clipboard.ts'],
    ['electron/app/menu.ts', "import * as all from 'electron';", '*', 'electron/app/clipboard.ts'],
    ['electron/app/menu.ts', "const all = await import('electron');", '*', 'electron/app/clipboard.ts'],
    ['electron/app/menu.ts', "import { contextBridge } from 'electron';", 'contextBridge', 'electron/app/preload'],
    ['electron/core/link/a.ts', "import { spawn } from 'node:child_process';", 'child_process', 'local-server'],
    ['electron/core/link/a.ts', "import 'child_process';", 'child_process', 'local-server'],
  ])('refuse in %s: %s', (file, source, name, door) => {
    const found = violations({ [file]: source });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${name}`);
    expect(found[0]).toContain(door);
  });

  it('open in their own place, and for types everywhere', () => {
    const sources = {
      'electron/app/ipc/server.ts': "import { ipcMain } from 'electron';",
      'electron/app/preload/preload.ts': "import { contextBridge, ipcRenderer } from 'electron';",
      'electron/app/secrets.ts': "import { safeStorage } from 'electron';",
      'electron/app/shell.ts': "import { shell } from 'electron';",
      'electron/app/windows.ts': "import type { ipcMain } from 'electron';",
      'electron/core/local-server/run.ts': "import { spawn } from 'node:child_process';",
      'electron/core/link/crash.test.ts': "import { fork } from 'node:child_process';",
    };
    expect(violations(sources)).toEqual([]);
  });
});

describe('the reader of imports', () => {
  it('finds a circle of values and ignores a circle of types', () => {
    const values = { 'shared/a.ts': "import { b } from './b.ts';", 'shared/b.ts': "import { a } from './a.ts';" };
    expect(violations(values)).toEqual([expect.stringContaining('shared/a.ts → shared/b.ts → shared/a.ts')]);
    const types = { ...values, 'shared/b.ts': "import type { A } from './a.ts';" };
    expect(violations(types)).toEqual([]);
  });

  it('is not fooled by comments and strings', () => {
    const source = "// import 'electron';\nexport const text = \"import 'electron'\";\n/* await import('ws') */";
    expect(importsOf('shared/a.ts', source)).toEqual([]);
  });
});
