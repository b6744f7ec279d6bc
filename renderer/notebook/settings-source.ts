/**
 * The person's settings in this window: as they are, as they change, and what they do to the notebook.
 */
import type { Notebook } from '@jupyterlab/notebook';
import type { SettingsState } from '../../shared/ipc/contract.ts';
import { defaultSettings, type Settings } from '../../shared/settings.ts';
import { invoke, listen } from '../common/bridge.ts';

export interface SettingsSource {
  readonly current: SettingsState;
  /** Calls back at once, and whenever the settings change. */
  follow(callback: (state: SettingsState) => void): void;
}

export async function openSettingsSource(): Promise<SettingsSource> {
  const read = await invoke('settings.read', {});
  let current: SettingsState = read.ok
    ? read.value
    : { settings: defaultSettings, problems: [read.problem.sentence], file: '', isWritable: false };
  const callbacks = new Set<(state: SettingsState) => void>();
  listen('settings.changed', (state) => {
    current = state;
    for (const callback of callbacks) callback(state);
  });
  return {
    get current() {
      return current;
    },
    follow: (callback) => {
      callbacks.add(callback);
      callback(current);
    },
  };
}

/** What the settings change in the cells' editors. Cells that are there take it over, new ones are made so. */
export function applySettings(notebook: Notebook, settings: Settings): void {
  const { lineNumbers, closeBrackets, wrapLines, editorFontSize } = settings;
  const common = { autoClosingBrackets: closeBrackets, lineNumbers, lineWrap: wrapLines };
  const { editorConfig } = notebook;
  notebook.editorConfig = {
    code: { ...editorConfig.code, ...common },
    // Prose wraps, whatever code does.
    markdown: { ...editorConfig.markdown, ...common, lineWrap: true, autoClosingBrackets: false },
    raw: { ...editorConfig.raw, ...common, autoClosingBrackets: false },
  };
  notebook.node.style.setProperty('--jp-code-font-size', `${editorFontSize}px`);
}
