/**
 * What the windows said when a test failed: on a machine where nobody can look, it is all there is to go by.
 */
import { afterEach } from 'vitest';
import { TestApp } from './app.ts';

/** What a person would read in a window, and where the keyboard is. */
const lookScript = `(() => {
  const texts = (query) =>
    [...document.querySelectorAll(query)].map((node) => node.innerText.replace(/\\s+/g, ' ').trim().slice(0, 300));
  const focused = document.activeElement;
  return {
    title: document.title,
    banners: texts('[data-testid="banner"]'),
    dialogs: texts('dialog[open], .jp-Dialog'),
    status: texts('[data-testid^="status-"]'),
    cells: texts('.jp-Notebook .jp-Cell').slice(0, 12),
    focus: focused === null ? null : focused.tagName + '.' + focused.className,
  };
})()`;

async function windowsOf(app: TestApp): Promise<string[]> {
  const pages = app.electron.windows();
  return await Promise.all(
    pages.map(async (page) => {
      const late = new Promise<string>((resolve) => setTimeout(() => resolve('does not answer'), 3_000));
      const seen = await Promise.race([page.evaluate(lookScript), late]).catch((error: unknown) => String(error));
      return `${page.url()}: ${JSON.stringify(seen)}`;
    }),
  );
}

declare module 'vitest' {
  interface TaskMeta {
    /** A line for each window that was open when the test failed; told at the end of the run. */
    windows?: readonly string[];
  }
}

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const seen = await Promise.all([...TestApp.running].map((app) => windowsOf(app).catch(() => [])));
  task.meta.windows = seen.flat();
  for (const window of task.meta.windows) process.stderr.write(`${window}\n`);
});
