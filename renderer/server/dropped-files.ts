/** What was dropped on the window: files that can be uploaded, and the names of folders that cannot. */

export interface Dropped {
  readonly files: readonly File[];
  readonly folders: readonly string[];
}

/** Must be called within the drop event: the browser empties the data afterwards. */
export function droppedFiles(data: DataTransfer): Dropped {
  const files: File[] = [];
  const folders: string[] = [];
  for (const item of data.items) {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry?.isDirectory === true) {
      folders.push(entry.name);
    } else if (file !== null) {
      files.push(file);
    }
  }
  return { files, folders };
}
