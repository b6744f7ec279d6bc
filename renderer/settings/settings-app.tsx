/**
 * The settings window: three pages over one file. A change holds at once, in every window; there is nothing to save.
 */
import { useCallback, useEffect, useState, type ReactElement } from 'react';
import type { SettingsState, WindowContext } from '../../shared/ipc/contract.ts';
import type { Settings, SettingsChange } from '../../shared/settings.ts';
import { invoke } from '../common/bridge.ts';
import { Button } from '../common/button.tsx';
import { InlineProblem } from '../common/feedback.tsx';
import { useEvent } from '../common/use-command.ts';
import { ChoiceRow, NumberRow, Section, SwitchRow } from './rows.tsx';
import { ShortcutsPage } from './shortcuts-page.tsx';

const pages = ['General', 'Editor', 'Keyboard'] as const;
type Page = (typeof pages)[number];

const themes: readonly { readonly value: Settings['theme']; readonly label: string }[] = [
  { value: 'system', label: 'Match system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

const places: readonly { readonly value: Settings['openNotebooksIn']; readonly label: string }[] = [
  { value: 'windows', label: 'Windows' },
  { value: 'tabs', label: 'Tabs' },
];

export interface PageProps {
  readonly state: SettingsState;
  readonly change: (change: SettingsChange) => void;
}

export function SettingsApp({ context }: { readonly context: WindowContext }): ReactElement {
  const [state, setState] = useState<SettingsState | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [page, setPage] = useState<Page>('General');
  useEffect(() => {
    void invoke('window.title', { title: 'Settings', dirty: false });
    void invoke('settings.read', {}).then((read) => {
      if (read.ok) setState(read.value);
      else setProblem(read.problem.sentence);
    });
  }, []);
  useEvent('settings.changed', (changed) => {
    setState(changed);
    setProblem(null);
  });
  const change = useCallback((wanted: SettingsChange) => {
    void invoke('settings.change', { change: wanted }).then((changed) => {
      setProblem(changed.ok ? null : changed.problem.sentence);
      if (changed.ok) setState(changed.value);
    });
  }, []);
  return (
    <div className="settings">
      <nav className="settings-nav" aria-label="Settings">
        {pages.map((name) => (
          <button
            key={name}
            type="button"
            className="settings-tab"
            aria-current={name === page ? 'page' : undefined}
            onClick={() => setPage(name)}
          >
            {name}
          </button>
        ))}
      </nav>
      <main className="settings-main">
        {[...new Set([...(problem === null ? [] : [problem]), ...(state?.problems ?? [])])].map((sentence) => (
          <InlineProblem key={sentence} sentence={sentence} tone="warn">
            <Button onClick={() => void invoke('settings.reveal', {})}>Show the File</Button>
          </InlineProblem>
        ))}
        {state === null ? null : page === 'Keyboard' ? (
          <ShortcutsPage state={state} change={change} isMac={context.platform === 'darwin'} />
        ) : page === 'Editor' ? (
          <EditorPage state={state} change={change} />
        ) : (
          <GeneralPage state={state} change={change} />
        )}
      </main>
    </div>
  );
}

function GeneralPage({ state, change }: PageProps): ReactElement {
  const { theme, autosave, autosaveSeconds, autosaveOnBlur, cellTimes } = state.settings;
  const { openNotebooksIn, keepWindowReady } = state.settings;
  return (
    <>
      <Section title="Appearance">
        <ChoiceRow
          label="Theme"
          name="theme"
          choices={themes}
          value={theme}
          onChange={(value) => change({ theme: value })}
        />
        <ChoiceRow
          label="Open notebooks in"
          hint="Holds for what you open next."
          name="open-in"
          choices={places}
          value={openNotebooksIn}
          onChange={(value) => change({ openNotebooksIn: value })}
        />
        <SwitchRow
          label="Show how long cells ran"
          hint="At the lower edge of each cell; start and finish when you point at it."
          value={cellTimes}
          onChange={(value) => change({ cellTimes: value })}
        />
      </Section>
      <Section title="Saving">
        <SwitchRow
          label="Save automatically"
          hint="Never over changes made elsewhere: those are merged, and you are asked where both sides changed the same cell."
          value={autosave}
          onChange={(value) => change({ autosave: value })}
        />
        <NumberRow
          label="Every"
          unit="seconds"
          value={autosaveSeconds}
          min={5}
          max={3600}
          disabled={!autosave}
          onChange={(value) => change({ autosaveSeconds: value })}
        />
        <SwitchRow
          label="Also when you leave the window"
          value={autosaveOnBlur}
          disabled={!autosave}
          onChange={(value) => change({ autosaveOnBlur: value })}
        />
      </Section>
      <Section title="Speed">
        <SwitchRow
          label="Keep a notebook window ready"
          hint="Opens notebooks in about half the time, and takes about 80 MB of memory. Not for tabs."
          value={keepWindowReady}
          disabled={openNotebooksIn === 'tabs'}
          onChange={(value) => change({ keepWindowReady: value })}
        />
      </Section>
      <Section title="The settings file">
        <div className="row">
          <div className="row-words">
            <p className="row-label settings-path">{state.file}</p>
            <p className="row-hint">
              Plain JSON, with only what differs from the defaults. You may edit it while Nightjar runs.
            </p>
          </div>
          <Button onClick={() => void invoke('settings.reveal', {})}>Show It</Button>
        </div>
      </Section>
    </>
  );
}

function EditorPage({ state, change }: PageProps): ReactElement {
  const { editorFontSize, lineNumbers, wrapLines, closeBrackets, completeWhileTyping } = state.settings;
  return (
    <>
      <Section title="Text">
        <NumberRow
          label="Font size"
          unit="px"
          value={editorFontSize}
          min={8}
          max={32}
          onChange={(value) => change({ editorFontSize: value })}
        />
        <SwitchRow label="Line numbers" value={lineNumbers} onChange={(value) => change({ lineNumbers: value })} />
        <SwitchRow
          label="Wrap long lines of code"
          hint="Markdown always wraps."
          value={wrapLines}
          onChange={(value) => change({ wrapLines: value })}
        />
      </Section>
      <Section title="Typing">
        <SwitchRow
          label="Close brackets and quotes"
          value={closeBrackets}
          onChange={(value) => change({ closeBrackets: value })}
        />
        <SwitchRow
          label="Offer completions while typing"
          hint="Tab offers them in any case."
          value={completeWhileTyping}
          onChange={(value) => change({ completeWhileTyping: value })}
        />
      </Section>
    </>
  );
}
