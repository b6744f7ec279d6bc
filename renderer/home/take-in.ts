/**
 * Takes journal files into the library: those that were chosen in the system's dialog, or dropped on Home.
 */
import { useState, type DragEvent } from 'react';
import { invoke } from '../common/bridge.ts';
import type { useToasts } from '../common/feedback.tsx';
import { plural } from '../common/format.ts';

export interface TakeIn {
  /** Asks for files and takes them in. */
  readonly choose: () => void;
  readonly drop: Drop;
}

export function useTakeIn(toasts: ReturnType<typeof useToasts>, onTaken: () => void): TakeIn {
  const take = async (files: string[] | null): Promise<void> => {
    const { sentence, tone } = await takeIn(files);
    if (sentence === '') return;
    toasts.show(sentence, tone);
    onTaken();
  };
  return { choose: () => void take(null), drop: useDrop((files) => void take(files)) };
}

/** Takes journal files into the library; null asks which ones. */
async function takeIn(files: string[] | null): Promise<{ sentence: string; tone: 'good' | 'bad' }> {
  const result = files === null ? await invoke('journals.import', {}) : await invoke('journals.importFiles', { files });
  if (!result.ok) return { sentence: result.problem.sentence, tone: 'bad' };
  if (result.value.length === 0) return { sentence: '', tone: 'good' };
  const list = await invoke('journals.list', {});
  const taken = list.ok ? list.value.filter(({ journalId }) => result.value.includes(journalId)) : [];
  const damaged = taken.filter(({ state }) => state === 'damaged').map(({ title }) => title);
  if (damaged.length > 0) {
    const what = `${damaged.join(', ')} ${damaged.length === 1 ? 'is' : 'are'} damaged.`;
    return {
      sentence: `${what} What can be read of it was taken in; Verify in its menu says what is missing.`,
      tone: 'bad',
    };
  }
  const [first] = taken;
  return {
    sentence:
      taken.length === 1 && first !== undefined
        ? `${first.title} is in your library.`
        : `${plural(result.value.length, 'journal')} are in your library.`,
    tone: 'good',
  };
}

interface Drop {
  readonly isOver: boolean;
  readonly handlers: {
    readonly onDragOver: (event: DragEvent) => void;
    readonly onDragLeave: (event: DragEvent) => void;
    readonly onDrop: (event: DragEvent) => void;
  };
}

/** Files over the page, and those that are let go there. */
function useDrop(onFiles: (files: string[]) => void): Drop {
  const [isOver, setOver] = useState(false);
  return {
    isOver,
    handlers: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setOver(true);
      },
      onDragLeave: (event) => {
        const { relatedTarget, currentTarget } = event;
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
      },
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        const files = [...event.dataTransfer.files].map((file) => window.nightjar.pathOf(file));
        const known = files.filter((file) => file !== '');
        if (known.length > 0) onFiles(known);
      },
    },
  };
}
