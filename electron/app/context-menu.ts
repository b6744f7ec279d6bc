/**
 * The menu of the right mouse button: the system's own, with what can be done to the text or the cell under it.
 *
 * A page that wants none where the pointer is prevents the event; then none is shown.
 */
import { Menu, type WebContents } from 'electron';
import type { MenuCommand } from '../../shared/ipc/contract.ts';
import { contextTemplate } from './menu-template.ts';
import type { WindowKind } from './pages.ts';

export function showContextMenus(contents: WebContents, kind: WindowKind, command: (name: MenuCommand) => void): void {
  contents.on('context-menu', (_event, { isEditable, selectionText, editFlags }) => {
    const template = contextTemplate({
      isNotebook: kind === 'notebook',
      isEditable,
      hasSelection: selectionText.trim() !== '' && editFlags.canCopy,
      command,
    });
    if (template.length > 0) Menu.buildFromTemplate(template).popup();
  });
}
