/**
 * The only door to the desktop's shell: a web page in the person's browser, a file in its folder.
 *
 * Programs are never started from here and other schemes than http(s) never opened: on some systems a link with a
 * scheme of its own is a program.
 */
import { shell } from 'electron';

export async function openInBrowser(url: URL): Promise<void> {
  await shell.openExternal(url.href);
}

export function showInFolder(file: string): void {
  shell.showItemInFolder(file);
}
