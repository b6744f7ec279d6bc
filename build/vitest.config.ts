// Which files are tests, and under which conditions they run.
//
// Three projects: `unit` (beside the sources, needs nothing), `integration` (real Jupyter servers under plain Node)
// and `e2e` (the real app). The last two run one file at a time: they start servers and windows, and two at once on a
// small machine measure each other. Nothing here retries: a test that passes at the second try is a failing test.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

// Tests of the journal under Node run its workers from the bundles, because a worker thread cannot load TypeScript.
const journalWorker = fileURLToPath(new URL('../.out/app/journal-worker.js', import.meta.url));
const libraryWorker = fileURLToPath(new URL('../.out/app/library-worker.js', import.meta.url));

// A first connection to a freshly started Jupyter server with a cold disk took up to 25 s; a scenario makes several.
const integrationTimeoutMs = 120_000;
// The same, plus the start of the app under a software-rendered display.
const e2eTimeoutMs = 180_000;

const shared = {
  root,
  environment: 'node' as const,
  env: { NIGHTJAR_JOURNAL_WORKER: journalWorker, NIGHTJAR_LIBRARY_WORKER: libraryWorker },
  globalSetup: [fileURLToPath(new URL('vitest-setup.mjs', import.meta.url))],
};

export default defineConfig({
  root,
  cacheDir: fileURLToPath(new URL('../.out/cache/vitest', import.meta.url)),
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    watch: false,
    maxWorkers: 2,
    // A failing run on another machine can be read by its messages only: they are told whole.
    chaiConfig: { truncateThreshold: 2_000 },
    // What is done after a test is done in the order it was written down: a failed one's windows are looked at before
    // they close. Vitest reads this here only, not in a project.
    sequence: { hooks: 'list' },
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit',
          include: [
            'shared/**/*.test.ts',
            'electron/**/*.test.ts',
            'renderer/**/*.test.{ts,tsx}',
            'build/**/*.test.{ts,mjs}',
          ],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          // Properties on a loaded machine: generous, since nothing here is about time.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'integration',
          include: ['{electron,renderer,e2e}/**/*.integration.test.ts'],
          testTimeout: integrationTimeoutMs,
          hookTimeout: integrationTimeoutMs,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          setupFiles: [fileURLToPath(new URL('../e2e/support/on-failure.ts', import.meta.url))],
          testTimeout: e2eTimeoutMs,
          hookTimeout: e2eTimeoutMs,
          fileParallelism: false,
        },
      },
    ],
  },
});
