/**
 * Outputs that leave the app because the person wants it: into the clipboard, into a file of their choice.
 */
import { writeFile } from 'node:fs/promises';
import type { CommandArgs } from '../../shared/ipc/contract.ts';
import { fail, ok, type Result } from '../../shared/result.ts';
import { writeImage, writeText } from './clipboard.ts';
import { askWhereToSave } from './dialogs.ts';
import type { AppWindow } from './windows.ts';

type Content = CommandArgs<'outputs.copy'>['content'];

export async function copyOutput(content: Content): Promise<Result<null>> {
  if (content.kind === 'text') {
    await writeText(content.text);
    return ok(null);
  }
  return (await writeImage(Buffer.from(content.data, 'base64')))
    ? ok(null)
    : fail('not-an-image', 'This image is damaged and cannot be copied.');
}

/** Asks where, and writes the file. Answers its path, or null when the person cancelled. */
export async function saveOutput(window: AppWindow, name: string, content: Content): Promise<Result<string | null>> {
  const file = await askWhereToSave(window.pane.frame, name);
  if (file === null) return ok(null);
  try {
    await writeFile(file, content.kind === 'text' ? content.text : Buffer.from(content.data, 'base64'));
    return ok(file);
  } catch {
    return fail(
      'not-written',
      `${file} could not be written. Check that the disk has room and that you may write there.`,
    );
  }
}
