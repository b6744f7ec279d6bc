/**
 * Uploads one file in pieces, as JupyterLab does, so that its size is bounded by the server's disk alone.
 *
 * Every file goes up as raw bytes, notebooks too: what arrives is what was on the disk. A new file of which only a part
 * arrived is removed again; a replaced one cannot be brought back, and the caller says so.
 */

/** JupyterLab's chunk size (`CHUNK_SIZE` in its file browser). A smaller file goes up in one piece. */
export const chunkBytes = 1024 * 1024;

export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** The contents API's number: from 1, the last one is -1; `null` when the file goes up whole. */
  readonly number: number | null;
}

export function planChunks(sizeBytes: number): Chunk[] {
  if (sizeBytes <= chunkBytes) {
    return [{ start: 0, end: sizeBytes, number: null }];
  }
  const count = Math.ceil(sizeBytes / chunkBytes);
  return Array.from({ length: count }, (_, index) => ({
    start: index * chunkBytes,
    end: Math.min(sizeBytes, (index + 1) * chunkBytes),
    number: index === count - 1 ? -1 : index + 1,
  }));
}

export interface UploadSource {
  readonly sizeBytes: number;
  /** A piece as base64. Rejects when the file cannot be read (it was moved or deleted meanwhile). */
  read(start: number, end: number): Promise<string>;
}

export interface UploadTarget {
  save(base64: string, chunk: number | null): Promise<void>;
  /** Removes the part that has arrived. */
  discard(): Promise<void>;
}

export interface UploadOptions {
  readonly isReplacing: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
}

/** Rejects with what `read` or `save` rejected with, or with the signal's reason. */
export async function uploadFile(source: UploadSource, target: UploadTarget, options: UploadOptions): Promise<void> {
  let hasBegun = false;
  try {
    for (const chunk of planChunks(source.sizeBytes)) {
      options.signal.throwIfAborted();
      const base64 = await source.read(chunk.start, chunk.end);
      options.signal.throwIfAborted();
      hasBegun = true;
      await target.save(base64, chunk.number);
      options.onProgress(chunk.end);
    }
  } catch (error) {
    if (hasBegun && !options.isReplacing) {
      // The failure that is reported is the first one; a server that is away cannot be tidied up either.
      await target.discard().catch(() => undefined);
    }
    throw error;
  }
}

/** The bytes of a browser file. A data URL is the one base64 encoder that does not hold up the window. */
export function fileSource(file: File): UploadSource {
  return {
    sizeBytes: file.size,
    read: (start, end) =>
      new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => {
          const url = typeof reader.result === 'string' ? reader.result : '';
          resolve(url.slice(url.indexOf(',') + 1));
        };
        reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
        reader.readAsDataURL(file.slice(start, end));
      }),
  };
}
