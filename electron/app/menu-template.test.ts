import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { type MenuCommand, menuCommands } from '../../shared/ipc/contract.ts';
import { contextTemplate, type JournalsItem, menuTemplate, usefulIn } from './menu-template.ts';

function itemsOf(
  isMac: boolean,
  sent: MenuCommand[] = [],
  journals: JournalsItem | null = null,
): MenuItemConstructorOptions[] {
  const nothing = (): void => {};
  const template = menuTemplate({
    isMac,
    recents: [{ label: 'a.ipynb', open: nothing }],
    journals,
    actions: {
      command: (name) => sent.push(name),
      openHome: nothing,
      openLocal: nothing,
      openSettings: nothing,
      addServer: nothing,
      openJournal: nothing,
      reloadWindow: nothing,
      toggleDevTools: nothing,
      close: nothing,
      stepTab: nothing,
      detachTab: nothing,
      showLog: nothing,
    },
  });
  const flat = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
    items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);
  return flat(template);
}

describe('the menu of the right mouse button', () => {
  const labels = (isNotebook: boolean, isEditable: boolean, hasSelection: boolean) =>
    contextTemplate({ isNotebook, isEditable, hasSelection, command: () => undefined }).map(
      ({ role, label, type }) => role ?? label ?? type,
    );

  it('offers what can be done with the text, and nothing where there is none', () => {
    expect(labels(false, true, true)).toEqual(['cut', 'copy', 'paste']);
    expect(labels(false, false, true)).toEqual(['copy']);
    expect(labels(false, false, false)).toEqual([]);
  });

  it('offers in a notebook what can be done with cells', () => {
    expect(labels(true, false, false)[0]).toBe('Run Cells');
    expect(labels(true, true, false).slice(0, 4)).toEqual(['cut', 'copy', 'paste', 'separator']);
  });
});

describe('the menu', () => {
  it('has an item for every command of the contract', () => {
    const ids = itemsOf(false).map((item) => item.id);
    for (const name of menuCommands) expect(ids).toContain(name);
    expect(new Set(ids.filter((id) => id !== undefined)).size).toBe(ids.filter((id) => id !== undefined).length);
  });

  it('says of every command but adding a server in which windows it is of use', () => {
    expect(menuCommands.filter((name) => usefulIn[name] === undefined)).toEqual(['add-server']);
  });

  it('takes no key from the page that the page handles itself', () => {
    for (const item of itemsOf(false)) {
      const isPlain = item.accelerator !== undefined && !/CmdOrCtrl|^F\d|^Ctrl\+(Shift\+)?Tab$/.test(item.accelerator);
      if (isPlain) expect(item.registerAccelerator).toBe(false);
    }
    const macKeys = itemsOf(true).flatMap((item) => item.accelerator ?? []);
    for (const keys of macKeys) expect(keys).toMatch(/CmdOrCtrl|^F\d|^Ctrl\+(Shift\+)?Tab$/);
  });

  it('switches the opening of journals, checked while the system does so, and has no item where it cannot', () => {
    const find = (journals: JournalsItem | null) =>
      itemsOf(false, [], journals).find(({ label }) => label === 'Open Journals with Nightjar');
    const set = (): void => {};
    expect(find({ isOn: true, isBusy: false, set })).toMatchObject({ type: 'checkbox', checked: true, enabled: true });
    expect(find({ isOn: false, isBusy: true, set })).toMatchObject({ checked: false, enabled: false });
    expect(find(null)).toBeUndefined();
  });

  it('gives every key to one item only', () => {
    const keys = itemsOf(false).flatMap((item) => item.accelerator ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
