/**
 * The keyboard page: every command with its keys, found by name or key, changed by pressing the new ones.
 *
 * A key that another command answers to is told before it is taken; taking it takes it from there.
 */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react';
import { CommandRegistry } from '@lumino/commands';
import { Button } from '../common/button.tsx';
import { Icon } from '../common/icons.tsx';
import { TextField } from '../common/text-field.tsx';
import { type CommandEntry, commandGroups, commandList } from '../notebook/command-list.ts';
import { conflictsOf, keysOf, readable, readableKeys, tableStroke } from '../notebook/shortcuts.ts';
import type { PageProps } from './settings-app.tsx';
import { withKeys } from './shortcut-changes.ts';

export function ShortcutsPage({ state, change, isMac }: PageProps & { readonly isMac: boolean }): ReactElement {
  const [query, setQuery] = useState('');
  const [recording, setRecording] = useState<string | null>(null);
  const changes = state.settings.shortcuts;
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commandList.filter((entry) => {
    const text = `${entry.label} ${entry.group} ${readableKeys(entry.id, changes, isMac).join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <>
      <div className="keys-head">
        <TextField
          label="Search"
          hideLabel
          placeholder="Search by name or key"
          value={query}
          onText={setQuery}
          before={<Icon name="search" size={15} />}
        />
        <Button disabled={Object.keys(changes).length === 0} onClick={() => change({ shortcuts: {} })}>
          Reset All
        </Button>
      </div>
      {found.length === 0 ? <p className="keys-none">No command has that name or key.</p> : null}
      {commandGroups.map((group) => {
        const entries = found.filter((entry) => entry.group === group);
        return entries.length === 0 ? null : (
          <section className="section" key={group}>
            <h2 className="section-title">{group}</h2>
            <div className="section-rows">
              {entries.map((entry) => (
                <ShortcutRow
                  key={entry.id}
                  entry={entry}
                  changes={changes}
                  isMac={isMac}
                  isRecording={recording === entry.id}
                  onRecord={() => setRecording(entry.id)}
                  onEnd={(keys) => {
                    setRecording(null);
                    if (keys !== null) change({ shortcuts: withKeys(changes, entry, keys) });
                  }}
                />
              ))}
            </div>
          </section>
        );
      })}
    </>
  );
}

interface RowProps {
  readonly entry: CommandEntry;
  readonly changes: PageProps['state']['settings']['shortcuts'];
  readonly isMac: boolean;
  readonly isRecording: boolean;
  readonly onRecord: () => void;
  /** The keys the command has from now on: `default` for its own. `null`: as before. */
  readonly onEnd: (keys: readonly string[] | 'default' | null) => void;
}

function ShortcutRow(props: RowProps): ReactElement {
  const { entry, changes, isMac, isRecording, onRecord, onEnd } = props;
  const keys = keysOf(entry, changes).map((key) => key.keys);
  const isChanged = changes[entry.id] !== undefined;
  if (isRecording) return <Recorder {...props} />;
  return (
    <div className="row key-row" data-testid={`shortcut-${entry.id}`}>
      <span className="row-words row-label">{entry.label}</span>
      <span className="key-list">
        {keys.map((key) => (
          <kbd key={key} className="kbd">
            {readable(key, isMac)}
          </kbd>
        ))}
      </span>
      <span className="key-actions">
        {isChanged ? (
          <Button look="quiet" onClick={() => onEnd('default')}>
            Reset
          </Button>
        ) : null}
        {keys.length > 0 ? (
          <Button look="quiet" aria-label={`Remove the keys of ${entry.label}`} onClick={() => onEnd([])}>
            Remove
          </Button>
        ) : null}
        <Button look="quiet" aria-label={`Change the keys of ${entry.label}`} onClick={onRecord}>
          Change
        </Button>
      </span>
    </div>
  );
}

/** More strokes than this nobody remembers. */
const strokesMax = 3;

function Recorder({ entry, changes, isMac, onEnd }: RowProps): ReactElement {
  const [strokes, setStrokes] = useState<readonly string[]>([]);
  const box = useRef<HTMLButtonElement>(null);
  useEffect(() => box.current?.focus(), []);
  const keys = strokes.join(' , ');
  const others = keys === '' ? [] : conflictsOf(entry.id, { keys, place: entry.place }, changes);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') {
      onEnd(null);
      return;
    }
    const stroke = tableStroke(CommandRegistry.keystrokeForKeydownEvent(event.nativeEvent), isMac);
    if (stroke !== null) setStrokes((before) => (before.length >= strokesMax ? [stroke] : [...before, stroke]));
  };
  return (
    <div className="row key-row" data-recording="true" data-testid={`shortcut-${entry.id}`}>
      <span className="row-words">
        <span className="row-label">{entry.label}</span>
        <span className="row-hint" role="status">
          {others.length > 0
            ? `Now used by ${others.map(({ label }) => `“${label}”`).join(', ')}.`
            : 'Press the new keys, one after the other for a sequence. Escape leaves it as it was.'}
        </span>
      </span>
      <button type="button" ref={box} className="key-box" onKeyDown={onKeyDown} aria-label="Press the new keys">
        {keys === '' ? 'Press keys' : readable(keys, isMac)}
      </button>
      <span className="key-actions">
        <Button look="quiet" onClick={() => onEnd(null)}>
          Cancel
        </Button>
        <Button look="primary" disabled={keys === ''} onClick={() => onEnd([keys])}>
          {others.length > 0 ? 'Take It' : 'Use It'}
        </Button>
      </span>
    </div>
  );
}
