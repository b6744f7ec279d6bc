/**
 * Uploads and downloads of this window, with their progress.
 *
 * Uploads run one after the other: two at once share the same line and finish later. Downloads are written by the main
 * process; this window only asks for them and shows how far they are. Failed ones stay until they are dismissed.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { invoke } from '../common/bridge.ts';
import { baseName } from '../common/format.ts';
import { useEvent } from '../common/use-command.ts';
import { joinPath } from './contents.ts';
import { describeServerError, type ServerApi } from './server-api.ts';
import { fileSource, uploadFile } from './upload.ts';

export interface Transfer {
  readonly id: number;
  readonly kind: 'upload' | 'download';
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly bytesTotal: number | null;
  readonly state: 'waiting' | 'running' | 'failed';
  readonly sentence: string;
}

export interface TransferOptions {
  readonly api: ServerApi;
  /** Asks whether a file of that name may be replaced. */
  readonly askReplace: (name: string) => Promise<boolean>;
  readonly onUploaded: (folder: string) => void;
  readonly onDownloaded: (path: string, savedAs: string) => void;
}

export interface Transfers {
  readonly transfers: readonly Transfer[];
  readonly upload: (files: readonly File[], folder: string) => void;
  readonly download: (path: string) => void;
  readonly cancel: (id: number) => void;
}

export function useTransfers(options: TransferOptions): Transfers {
  const [transfers, setTransfers] = useState<readonly Transfer[]>([]);
  const newest = useRef(options);
  const nextId = useRef(1);
  const aborts = useRef(new Map<number, AbortController>());
  const line = useRef<Promise<void>>(Promise.resolve());
  useEffect(() => {
    newest.current = options;
  });

  const change = useCallback((id: number, part: Partial<Transfer>) => {
    setTransfers((all) => all.map((transfer) => (transfer.id === id ? { ...transfer, ...part } : transfer)));
  }, []);
  const drop = useCallback((id: number) => {
    aborts.current.delete(id);
    setTransfers((all) => all.filter((transfer) => transfer.id !== id));
  }, []);

  const uploadOne = async (id: number, file: File, folder: string, signal: AbortSignal): Promise<void> => {
    const { api, askReplace, onUploaded } = newest.current;
    const path = joinPath(folder, file.name);
    // The listing on the screen may be old; what is about to be replaced is looked up now.
    const listing = await api.list(folder);
    if (!listing.ok) {
      change(id, { state: 'failed', sentence: listing.problem.sentence });
      return;
    }
    const existing = listing.value.find((entry) => entry.name === file.name);
    if (existing?.kind === 'folder') {
      change(id, {
        state: 'failed',
        sentence: 'There is a folder of this name. Rename one of the two, then try again.',
      });
      return;
    }
    if (signal.aborted || (existing !== undefined && !(await askReplace(file.name)))) {
      drop(id);
      return;
    }
    change(id, { state: 'running' });
    try {
      await uploadFile(fileSource(file), api.uploadTarget(path), {
        isReplacing: existing !== undefined,
        signal,
        onProgress: (bytes) => change(id, { bytes }),
      });
      drop(id);
      onUploaded(folder);
    } catch (error) {
      if (signal.aborted && existing === undefined) {
        drop(id);
        return;
      }
      const why =
        error instanceof DOMException && !signal.aborted
          ? 'The file on this computer can no longer be read. Choose it again.'
          : signal.aborted
            ? 'Cancelled.'
            : describeServerError(error).sentence;
      const left = existing === undefined ? '' : ' On the server the old file may be partly replaced: upload it again.';
      change(id, { state: 'failed', sentence: `${why}${left}` });
    }
  };

  const upload = (files: readonly File[], folder: string): void => {
    for (const file of files) {
      const id = nextId.current;
      nextId.current += 1;
      const abort = new AbortController();
      aborts.current.set(id, abort);
      const begun: Transfer = {
        id,
        kind: 'upload',
        path: joinPath(folder, file.name),
        name: file.name,
        bytes: 0,
        bytesTotal: file.size,
        state: 'waiting',
        sentence: '',
      };
      setTransfers((all) => [...all, begun]);
      line.current = line.current.then(() =>
        abort.signal.aborted ? drop(id) : uploadOne(id, file, folder, abort.signal),
      );
    }
  };

  const download = (path: string): void => {
    const id = nextId.current;
    nextId.current += 1;
    void invoke('files.download', { path }).then((result) => {
      if (result.ok) {
        drop(id);
        if (result.value !== null) {
          newest.current.onDownloaded(path, result.value);
        }
        return;
      }
      const failed: Transfer = {
        id,
        kind: 'download',
        path,
        name: baseName(path),
        bytes: 0,
        bytesTotal: null,
        state: 'failed',
        sentence: result.problem.sentence,
      };
      setTransfers((all) => [
        ...all.filter((transfer) => transfer.path !== path || transfer.kind === 'upload'),
        failed,
      ]);
    });
  };

  // The bar of a download appears with its first progress: before that the person is still choosing a place.
  useEvent('files.progress', (body) => {
    setTransfers((all) => {
      const others = all.filter((transfer) => transfer.kind === 'upload' || transfer.path !== body.path);
      if (body.done) {
        return others;
      }
      const old = all.find((transfer) => transfer.kind === 'download' && transfer.path === body.path);
      const id = old?.id ?? nextId.current++;
      const now: Transfer = {
        id,
        kind: 'download',
        path: body.path,
        name: baseName(body.path),
        bytes: body.bytes,
        bytesTotal: body.bytesTotal,
        state: 'running',
        sentence: '',
      };
      return old === undefined ? [...others, now] : all.map((transfer) => (transfer.id === id ? now : transfer));
    });
  });

  const cancel = (id: number): void => {
    const abort = aborts.current.get(id);
    const transfer = transfers.find((one) => one.id === id);
    if (transfer?.state === 'failed') {
      drop(id);
    } else {
      abort?.abort();
    }
  };

  return { transfers, upload, download, cancel };
}
