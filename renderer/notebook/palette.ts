/**
 * The command palette: every command by name, with its keys. Lumino's own list and search in a box of ours.
 */
import { ModalCommandPalette } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';
import { CommandPalette } from '@lumino/widgets';
import { commandList } from './command-list.ts';

/** Answers what opens the palette. It is made when it is first asked for. */
export function createPalette(commands: CommandRegistry, restore: () => void): () => void {
  let modal: ModalCommandPalette | null = null;
  const make = (): ModalCommandPalette => {
    const palette = new CommandPalette({ commands });
    palette.id = 'nj-palette';
    palette.inputNode.placeholder = 'Search for a command';
    palette.inputNode.setAttribute('aria-label', 'Search for a command');
    for (const { id, group, isHidden } of commandList) {
      if (!isHidden && commands.hasCommand(id)) palette.addItem({ command: id, category: group });
    }
    const made = new ModalCommandPalette({ commandPalette: palette, restore });
    made.addClass('nj-Palette');
    made.attach();
    return made;
  };
  return () => {
    modal ??= make();
    modal.show();
    modal.activate();
  };
}
