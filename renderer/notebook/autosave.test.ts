import type { INotebookModel } from '@jupyterlab/notebook';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../shared/settings.ts';
import { Autosave } from './autosave.ts';
import type { Saving } from './saving.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** An autosave that owes a save, and how often it has saved. */
function owing(model: { dirty: boolean }): {
  autosave: Autosave;
  saving: { isOwed: boolean };
  saves: () => number;
} {
  let count = 0;
  const saving = {
    isOwed: true,
    save: async () => {
      count += 1;
    },
  };
  const settings = { ...defaultSettings, autosave: false };
  const autosave = new Autosave(saving as unknown as Saving, model as INotebookModel, settings);
  return { autosave, saving, saves: () => count };
}

describe('a save that is owed', () => {
  it('is made when the server is back and the window has shown what it missed', () => {
    const { autosave, saves } = owing({ dirty: true });
    autosave.setLink(false, false);
    autosave.setLink(true, false);
    vi.advanceTimersByTime(2_000);
    autosave.setLink(true, true);
    vi.advanceTimersByTime(20_000);
    expect(saves()).toBe(0);
    autosave.setLink(true, false);
    vi.advanceTimersByTime(5_000);
    expect(saves()).toBe(1);
  });

  it('is not put off for ever, and not made where the person has saved meanwhile', () => {
    const model = { dirty: true };
    const { autosave, saving, saves } = owing(model);
    autosave.setLink(true, true);
    vi.advanceTimersByTime(90_000);
    expect(saves()).toBe(1);
    autosave.setLink(false, false);
    autosave.setLink(true, false);
    model.dirty = false;
    saving.isOwed = false;
    vi.advanceTimersByTime(10_000);
    expect(saves()).toBe(1);
  });
});
