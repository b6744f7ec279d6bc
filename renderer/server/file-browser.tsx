/**
 * The files of the server: walking folders, opening notebooks, making, renaming, deleting, uploading, downloading.
 */
import { useRef, useState, type DragEvent, type KeyboardEvent, type ReactElement } from 'react';
import { invoke } from '../common/bridge.ts';
import { Button, IconButton } from '../common/button.tsx';
import { ConfirmDialog } from '../common/dialog.tsx';
import { EmptyState, ProgressBar } from '../common/feedback.tsx';
import { baseName, parentPath } from '../common/format.ts';
import { Icon } from '../common/icons.tsx';
import { type MenuAnchor, type MenuEntry, useMenu } from '../common/menu.tsx';
import { useEvent } from '../common/use-command.ts';
import { useRows } from '../common/use-rows.ts';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { checkName, defaultOrder, type FileEntry, joinPath, nextOrder, sortEntries } from './contents.ts';
import { droppedFiles } from './dropped-files.ts';
import { FileTable } from './file-table.tsx';
import type { KernelSpec, ServerApi } from './server-api.ts';
import { TransferList } from './transfer-list.tsx';
import type { Folder } from './use-folder.ts';
import { useTransfers } from './use-transfers.ts';

export interface FileBrowserProps {
  readonly api: ServerApi;
  readonly serverId: string;
  readonly folder: Folder;
  readonly specs: readonly KernelSpec[];
  readonly onSay: (text: string, tone: 'good' | 'bad') => void;
}

interface ReplaceQuestion {
  readonly name: string;
  readonly answer: (yes: boolean) => void;
}

export function FileBrowser({ api, serverId, folder, specs, onSay }: FileBrowserProps): ReactElement {
  const [order, setOrder] = useState(defaultOrder);
  const [renaming, setRenaming] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<FileEntry | null>(null);
  const [offering, setOffering] = useState<FileEntry | null>(null);
  const [replacing, setReplacing] = useState<ReplaceQuestion | null>(null);
  const [isDropTarget, setIsDropTarget] = useState(false);
  const newButton = useRef<HTMLButtonElement>(null);
  const filePicker = useRef<HTMLInputElement>(null);
  const menu = useMenu();

  const { path } = folder;
  const entries = sortEntries(folder.entries ?? [], order);
  /** Nothing can be put into a folder that is not there. */
  const isGone = folder.entries === null && folder.problem?.kind === 'gone';
  const complain = (sentence: string): void => onSay(sentence, 'bad');

  const openNotebook = (notebook: string, newWindow: boolean): void => {
    void invoke('notebooks.open', { serverId, path: notebook, newWindow }).then((result) => {
      if (!result.ok) {
        complain(result.problem.sentence);
      }
    });
  };
  const open = (entry: FileEntry, newWindow: boolean): void => {
    switch (entry.kind) {
      case 'folder':
        folder.go(entry.path);
        return;
      case 'notebook':
        openNotebook(entry.path, newWindow);
        return;
      case 'file':
        setOffering(entry);
        return;
    }
  };

  const transfers = useTransfers({
    api,
    askReplace: (name) =>
      new Promise((resolve) => {
        setReplacing({
          name,
          answer: (yes) => {
            setReplacing(null);
            resolve(yes);
          },
        });
      }),
    onUploaded: (into) => {
      if (into === path) {
        void folder.reload();
      }
    },
    onDownloaded: (from, savedAs) => onSay(`${baseName(from)} was saved as ${savedAs}.`, 'good'),
  });

  const rows = useRows<FileEntry>({
    items: entries,
    keyOf: (entry) => entry.path,
    labelOf: (entry) => entry.name,
    onOpen: open,
    onDelete: setDeleting,
    onRename: (entry) => setRenaming(entry.path),
    onMenu: (entry, anchor) => showMenu(entry, anchor),
  });

  const showMenu = (entry: FileEntry, anchor: MenuAnchor): void => {
    const openEntries: MenuEntry[] =
      entry.kind === 'file'
        ? []
        : [{ label: 'Open', icon: entry.kind, hint: 'Enter', onChoose: () => open(entry, false) }];
    if (entry.kind === 'notebook') {
      openEntries.push({ label: 'Open in new window', icon: 'open', onChoose: () => open(entry, true) });
    }
    if (entry.kind !== 'folder') {
      openEntries.push({ label: 'Download…', icon: 'download', onChoose: () => transfers.download(entry.path) });
    }
    menu.open({
      anchor,
      entries: [
        ...openEntries,
        null,
        { label: 'Rename', icon: 'pencil', hint: 'F2', onChoose: () => setRenaming(entry.path) },
        { label: 'Delete…', icon: 'trash', hint: 'Del', danger: true, onChoose: () => setDeleting(entry) },
      ],
    });
  };

  const rename = (entry: FileEntry, typed: string | null, isLeaving: boolean): boolean => {
    const siblings = entries.filter((one) => one.path !== entry.path).map((one) => one.name);
    const name = typed === null ? null : checkName(typed, siblings);
    if (name?.ok === false) {
      complain(name.problem.sentence);
      // What was typed stays, so that it can be mended.
      if (!isLeaving) return false;
    }
    setRenaming(null);
    rows.focusRow(entry.path);
    if (name?.ok !== true) {
      return true;
    }
    const newPath = joinPath(parentPath(entry.path), name.value);
    void api.rename(entry.path, newPath).then(async (result) => {
      if (!result.ok) {
        complain(`“${entry.name}” keeps its name. ${result.problem.sentence}`);
      }
      await folder.reload();
      rows.focusRow(result.ok ? newPath : entry.path);
    });
    return true;
  };

  const createNotebook = (spec: KernelSpec): void => {
    void api.newNotebook(path, spec).then(async (result) => {
      if (!result.ok) {
        complain(`The notebook was not made. ${result.problem.sentence}`);
        return;
      }
      openNotebook(result.value, false);
      await folder.reload();
      rows.focusRow(result.value);
    });
  };
  const newNotebook = (): void => {
    const [only, another] = specs;
    if (only === undefined) {
      complain('The server has no kernel to run a notebook with, or has not answered yet. Refresh, then try again.');
    } else if (another === undefined) {
      createNotebook(only);
    } else if (newButton.current !== null) {
      menu.open({
        anchor: { below: newButton.current },
        entries: specs.map((spec) => ({
          label: spec.displayName,
          icon: 'kernel' as const,
          onChoose: () => createNotebook(spec),
        })),
      });
    }
  };
  const newFolder = (): void => {
    void api.newFolder(path).then(async (result) => {
      if (!result.ok) {
        complain(`The folder was not made. ${result.problem.sentence}`);
        return;
      }
      await folder.reload();
      setRenaming(result.value);
    });
  };
  useEvent('menu.command', ({ command }) => {
    if (command === 'new-notebook' && !isGone) {
      newNotebook();
    }
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const isTyping = event.target instanceof HTMLInputElement;
    const isUp = (event.key === 'Backspace' && !event.metaKey) || (event.key === 'ArrowUp' && event.altKey);
    if (isUp && !isTyping && path !== '') {
      event.preventDefault();
      folder.go(parentPath(path));
      rows.focusRow(path);
    } else if (event.key === 'ArrowDown' && !isTyping && event.target instanceof HTMLButtonElement) {
      event.preventDefault();
      rows.focusList();
    }
  };

  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setIsDropTarget(false);
    const { files, folders } = droppedFiles(event.dataTransfer);
    if (folders.length > 0) {
      complain(`“${folders.join('”, “')}” is a folder. Pack it into one file (zip), upload that and unpack it there.`);
    }
    transfers.upload(files, path);
  };
  const onDragOver = (event: DragEvent): void => {
    if (event.dataTransfer.types.includes('Files')) {
      event.preventDefault();
      event.dataTransfer.dropEffect = isGone ? 'none' : 'copy';
      setIsDropTarget(!isGone);
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the whole pane; each part has a role of its own
    <div
      className="pane"
      data-drop={isDropTarget}
      onKeyDown={onKeyDown}
      onDragOver={onDragOver}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) {
          setIsDropTarget(false);
        }
      }}
      onDrop={onDrop}
    >
      <div className="toolbar" role="toolbar" aria-label="Files">
        <Breadcrumbs folder={path} onGo={folder.go} />
        <Button look="primary" icon="add" buttonRef={newButton} disabled={isGone} onClick={newNotebook}>
          New notebook
        </Button>
        <span className="tools">
          <IconButton icon="folderAdd" label="New folder" disabled={isGone} onClick={newFolder} />
          <IconButton
            icon="upload"
            label="Upload files"
            disabled={isGone}
            onClick={() => filePicker.current?.click()}
          />
          <IconButton icon="refresh" label="Refresh" disabled={folder.isLoading} onClick={() => void folder.reload()} />
        </span>
        <input
          ref={filePicker}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={(event) => {
            transfers.upload([...(event.currentTarget.files ?? [])], path);
            // The same file chosen again is a change again.
            event.currentTarget.value = '';
          }}
        />
      </div>
      {folder.entries === null ? (
        <div className="waiting">
          {folder.isLoading ? (
            <ProgressBar label="Reading the folder" fraction={null} />
          ) : isGone ? (
            <FolderGone onTop={() => folder.go('')} />
          ) : null}
        </div>
      ) : entries.length === 0 ? (
        <EmptyState
          art={<Icon name="folder" size={30} />}
          title="This folder is empty"
          text="Make a notebook, or drop files here to upload them."
        />
      ) : (
        <FileTable
          entries={entries}
          rows={rows}
          order={order}
          onSort={(column) => setOrder(nextOrder(order, column))}
          renaming={renaming}
          onRenamed={rename}
          onOpen={open}
          onMenu={showMenu}
        />
      )}
      <TransferList transfers={transfers.transfers} cancel={transfers.cancel} />
      {isDropTarget ? (
        <div className="drop-hint">
          <Icon name="upload" size={18} />
          Drop to upload into {path === '' ? 'the top folder' : `“${baseName(path)}”`}
        </div>
      ) : null}
      {menu.element}
      {offering === null ? null : (
        <ConfirmDialog
          title={`Download ${offering.name}?`}
          text="Nightjar opens notebooks only. You can save this file on your computer and open it there."
          action="Download…"
          danger={false}
          onCancel={() => setOffering(null)}
          onConfirm={async () => {
            transfers.download(offering.path);
            setOffering(null);
            return null;
          }}
        />
      )}
      {deleting === null ? null : (
        <ConfirmDialog
          title={`Delete ${deleting.name}?`}
          text={
            deleting.kind === 'folder'
              ? 'The folder and everything in it are deleted on the server. This cannot be undone.'
              : 'It is deleted on the server. This cannot be undone.'
          }
          action="Delete"
          danger
          onCancel={() => setDeleting(null)}
          onConfirm={async () => {
            const result = await api.remove(deleting.path);
            if (!result.ok) {
              return result.problem.sentence;
            }
            setDeleting(null);
            await folder.reload();
            return null;
          }}
        />
      )}
      {replacing === null ? null : (
        <ConfirmDialog
          key={replacing.name}
          title={`Replace ${replacing.name}?`}
          text="A file of this name is already in the folder. Replacing it deletes what is in it now; this cannot be undone."
          action="Replace"
          danger
          onCancel={() => replacing.answer(false)}
          onConfirm={async () => {
            replacing.answer(true);
            return null;
          }}
        />
      )}
    </div>
  );
}

function FolderGone({ onTop }: { readonly onTop: () => void }): ReactElement {
  return (
    <EmptyState title="This folder is no longer there" text="It may have been renamed or deleted on the server.">
      <Button onClick={onTop}>Go to the top folder</Button>
    </EmptyState>
  );
}
