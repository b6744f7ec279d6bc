/**
 * What can be done with journals from Home, in one place for its lists: play, rename, tag, keep, export, prove, show,
 * delete and take back. `element` holds the dialogs of these actions; render it once.
 */
import { useCallback, useRef, useState, type ReactElement } from 'react';
import type { Result } from '../../shared/result.ts';
import { invoke } from '../common/bridge.ts';
import { PromptDialog } from '../common/dialog.tsx';
import { ExportDialog } from '../common/export-dialog.tsx';
import type { useToasts } from '../common/feedback.tsx';
import type { MenuEntry } from '../common/menu.tsx';
import { readTags } from './library-list.ts';
import { VerifyDialog } from './verify-dialog.tsx';
import type { Journal } from './wording.ts';

type Ask = { readonly what: 'tags' | 'export' | 'verify'; readonly journal: Journal };

export interface JournalActions {
  readonly element: ReactElement | null;
  readonly play: (journalId: string, seq?: number) => void;
  readonly rename: (journal: Journal, title: string) => void;
  readonly remove: (journal: Journal) => void;
  /** Brings the journal back that was deleted last. Does nothing when there is none. */
  readonly undoRemove: () => void;
  /** The menu of a journal. `startRename` puts the field in the place of its name. */
  readonly menuOf: (journal: Journal, startRename: () => void) => MenuEntry[];
}

export function useJournals(toasts: ReturnType<typeof useToasts>, reload: () => void): JournalActions {
  const [ask, setAsk] = useState<Ask | null>(null);
  const removed = useRef<(() => void)[]>([]);
  const { show } = toasts;
  /** Tells a problem; what went well shows in the list. */
  const settle = useCallback(
    async (answer: Promise<Result<unknown>>): Promise<boolean> => {
      const result = await answer;
      if (!result.ok) show(result.problem.sentence, 'bad');
      reload();
      return result.ok;
    },
    [show, reload],
  );
  const play = (journalId: string, seq?: number): void =>
    void settle(invoke('playback.window', { journalId, seq: seq ?? null }));
  const reveal = ({ journalId }: Journal): void => void settle(invoke('journals.reveal', { journalId }));
  const remove = (journal: Journal): void => {
    const { journalId, title } = journal;
    void settle(invoke('journals.delete', { journalId })).then((isDone) => {
      if (!isDone) return;
      const undo = (): void => {
        removed.current = removed.current.filter((one) => one !== undo);
        dismiss();
        void settle(invoke('journals.undelete', { journalId }));
      };
      const dismiss = show(`${title} was deleted.`, 'good', { label: 'Undo', run: undo });
      removed.current.push(undo);
    });
  };
  return {
    play,
    remove,
    rename: ({ journalId }, title) => void settle(invoke('journals.rename', { journalId, title })),
    undoRemove: () => removed.current.at(-1)?.(),
    menuOf: (journal, startRename) => [
      { label: 'Play', icon: 'play', hint: 'Enter', onChoose: () => play(journal.journalId) },
      null,
      { label: 'Rename', icon: 'pencil', hint: 'F2', onChoose: startRename },
      { label: 'Tags…', icon: 'tag', onChoose: () => setAsk({ what: 'tags', journal }) },
      {
        label: journal.isKept ? 'Allow automatic removal' : 'Keep forever',
        icon: 'pin',
        onChoose: () => void settle(invoke('journals.keep', { journalId: journal.journalId, keep: !journal.isKept })),
      },
      null,
      { label: 'Export…', icon: 'download', onChoose: () => setAsk({ what: 'export', journal }) },
      { label: 'Verify', icon: 'shield', onChoose: () => setAsk({ what: 'verify', journal }) },
      { label: 'Show in folder', icon: 'folder', onChoose: () => reveal(journal) },
      null,
      { label: 'Delete', icon: 'trash', hint: 'Del', danger: true, onChoose: () => remove(journal) },
    ],
    element:
      ask === null ? null : (
        <AskDialog
          ask={ask}
          onClose={() => setAsk(null)}
          onReveal={() => reveal(ask.journal)}
          onExported={(file) => show(`Exported to ${file}`)}
          onTags={(tags) => settle(invoke('journals.tag', { journalId: ask.journal.journalId, tags }))}
        />
      ),
  };
}

interface AskDialogProps {
  readonly ask: Ask;
  readonly onClose: () => void;
  readonly onReveal: () => void;
  readonly onExported: (file: string) => void;
  readonly onTags: (tags: string[]) => Promise<boolean>;
}

function AskDialog({ ask, onClose, onReveal, onExported, onTags }: AskDialogProps): ReactElement {
  const { journal, what } = ask;
  if (what === 'verify') return <VerifyDialog journal={journal} onClose={onClose} onReveal={onReveal} />;
  if (what === 'export') {
    return (
      <ExportDialog
        journalId={journal.journalId}
        title={journal.title}
        moment={null}
        onClose={onClose}
        onExported={onExported}
      />
    );
  }
  return (
    <PromptDialog
      title={`Tags of ${journal.title}`}
      text="Words to find it by, with commas between them."
      label="Tags"
      initial={journal.tags.join(', ')}
      action="Save"
      allowEmpty
      onCancel={onClose}
      onConfirm={async (text) => {
        await onTags(readTags(text));
        onClose();
        return null;
      }}
    />
  );
}
