/**
 * The searchable list of shortcuts that H shows. Changing them happens in the settings window.
 */
import type { Settings } from '../../shared/settings.ts';
import { commandGroups, commandList } from './command-list.ts';
import { openDialog } from './dialog.ts';
import { element } from './frame.ts';
import { readableKeys } from './shortcuts.ts';

export async function showKeyList(
  changes: Settings['shortcuts'],
  isMac: boolean,
  openSettings: () => void,
): Promise<void> {
  const search = element('input', 'nj-Dialog-input');
  search.type = 'search';
  search.placeholder = 'Search by name or key';
  search.setAttribute('aria-label', 'Search the shortcuts');
  const none = element('p', 'nj-Dialog-text', 'No command has that name or key.');
  none.hidden = true;
  const list = element('div', 'nj-Keys-list');
  const rows = commandGroups.flatMap((group) => {
    const section = element('section', 'nj-Keys-group');
    section.append(element('h3', 'nj-Keys-groupName', group));
    const entries = commandList
      .filter((entry) => entry.group === group && !/^heading-[2-6]$/.test(entry.id))
      .map((entry) => ({ entry, keys: readableKeys(entry.id, changes, isMac) }))
      .filter(({ keys }) => keys.length > 0)
      .map(({ entry, keys }) => {
        const label = entry.id === 'heading-1' ? 'Change to Heading 1 to 6' : entry.label;
        const row = element('div', 'nj-Keys-row');
        const held = element('span', 'nj-Keys-keys');
        held.append(...keys.map((key) => element('kbd', '', key)));
        row.append(element('span', 'nj-Keys-label', label), held);
        section.append(row);
        return { row, section, text: `${label} ${keys.join(' ')}`.toLowerCase() };
      });
    if (entries.length > 0) list.append(section);
    return entries;
  });
  search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { row, text } of rows) row.hidden = !words.every((word) => text.includes(word));
    for (const section of new Set(rows.map((one) => one.section))) {
      section.hidden = rows.every((one) => one.section !== section || one.row.hidden);
    }
    none.hidden = rows.some(({ row }) => !row.hidden);
  });
  const body = element('div', 'nj-Keys-body');
  body.append(list, none);
  const answer = await openDialog<'settings' | 'done'>({
    title: 'Keyboard shortcuts',
    className: 'nj-Keys',
    body: [search, body],
    focus: search,
    buttons: [
      { label: 'Change Them…', answer: () => 'settings' },
      { label: 'Done', look: 'primary', answer: () => 'done' },
    ],
  });
  if (answer === 'settings') openSettings();
}
