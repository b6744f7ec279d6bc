/**
 * The clipboard behind one small port: Electron 45 speaks promises and items where older runtimes have `writeImage`.
 *
 * `ClipboardItem` is looked up rather than imported, because an import of what an older runtime lacks does not load.
 */
import { clipboard, nativeImage } from 'electron';

export async function writeText(text: string): Promise<void> {
  await clipboard.writeText(text);
}

/** Puts an image file's bytes into the clipboard; answers false when they are no image. */
export async function writeImage(bytes: Buffer): Promise<boolean> {
  const image = nativeImage.createFromBuffer(bytes);
  if (image.isEmpty()) return false;
  const older: unknown = Reflect.get(clipboard, 'writeImage');
  if (typeof older === 'function') {
    Reflect.apply(older, clipboard, [image]);
    return true;
  }
  const { ClipboardItem } = await import('electron');
  await clipboard.write([new ClipboardItem({ 'image/png': new Blob([new Uint8Array(image.toPNG())]) })]);
  return true;
}
