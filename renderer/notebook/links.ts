/**
 * Where links and images in cells lead. A click never navigates this window.
 *
 * Web addresses go to the person's browser (the main process asks first), notebooks on the server open in a window,
 * other files are offered for download. Images beside the notebook are fetched through the tunnel and become data URLs.
 */
import { PathExt, URLExt } from '@jupyterlab/coreutils';
import type { RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { virtualBaseUrl } from '../../shared/ipc/tunnel.ts';
import { encodePath } from '../../shared/urls.ts';
import type { Tunnel } from '../common/tunnel-client.ts';

/** An image larger than this is a photograph that nobody meant to put into a notebook's text. */
const imageBytesMax = 32 * 1024 * 1024;

/** An image that is not there: the browser shows its alternative text. */
const missingImage = 'data:,';

/** The path of a link's target on the server, left on the element by the renderer. */
const pathAttribute = 'data-nightjar-path';

export const linkHandler: IRenderMime.ILinkHandler = {
  handleLink: (node, path) => node.setAttribute(pathAttribute, path),
};

export interface LinkActions {
  openExternal(url: string): void;
  openNotebook(path: string): void;
  download(path: string): void;
}

/** Takes every click on a link in this window. Returns what ends it. */
export function followLinks(actions: LinkActions): () => void {
  const onClick = (event: MouseEvent): void => {
    const anchor = event.target instanceof Element ? event.target.closest('a') : null;
    if (anchor === null || (event.button !== 0 && event.button !== 1)) {
      return;
    }
    const href = anchor.getAttribute('href') ?? '';
    if (href === '') {
      return;
    }
    event.preventDefault();
    const path = anchor.getAttribute(pathAttribute);
    if (path !== null) {
      (path.endsWith('.ipynb') ? actions.openNotebook : actions.download)(path);
    } else if (/^https?:\/\//i.test(href)) {
      actions.openExternal(href);
    }
  };
  // Captured: renderers of outputs must not be able to get a click first. A heading's own link still scrolls.
  document.addEventListener('click', onClick, true);
  document.addEventListener('auxclick', onClick, true);
  return () => {
    document.removeEventListener('click', onClick, true);
    document.removeEventListener('auxclick', onClick, true);
  };
}

/** Resolves paths relative to the notebook. Pure but for `fetchImage`. */
export class NotebookResolver implements RenderMimeRegistry.IUrlResolver {
  path: string;
  readonly #fetchImage: (path: string) => Promise<string>;
  readonly #images = new Map<string, Promise<string>>();

  constructor(path: string, fetchImage: (path: string) => Promise<string>) {
    this.path = path;
    this.#fetchImage = fetchImage;
  }

  async resolveUrl(url: string): Promise<string> {
    if (!this.isLocal(url)) {
      return url;
    }
    const clean = url.replace(/[?#].*$/, '');
    // Joined as URLs: the result is encoded, as the renderer expects it.
    return clean.startsWith('/') ? clean.slice(1) : PathExt.join(encodePath(PathExt.dirname(this.path)), clean);
  }

  getDownloadUrl(urlPath: string): Promise<string> {
    const path = decodePath(urlPath);
    const known = this.#images.get(path);
    if (known !== undefined) {
      return known;
    }
    const image = this.#fetchImage(path).catch(() => {
      // The next drawing of the cell may try again. Rejecting would make the renderer replace the whole output.
      this.#images.delete(path);
      return missingImage;
    });
    this.#images.set(path, image);
    return image;
  }

  isLocal(url: string): boolean {
    return !url.startsWith('#') && URLExt.isLocal(url, true);
  }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Fetches a file of the server as a data URL: the one kind of address that JupyterLab does not append to. */
export async function fetchAsDataUrl(tunnel: Tunnel, path: string): Promise<string> {
  const response = await tunnel.fetch(`${virtualBaseUrl}files/${encodePath(path)}`);
  if (!response.ok) {
    throw new Error(`The image ${path} could not be loaded from the server.`);
  }
  const blob = await response.blob();
  if (blob.size > imageBytesMax) {
    throw new Error(`The image ${path} is too large to be shown in a notebook.`);
  }
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => (typeof reader.result === 'string' ? resolve(reader.result) : reject(reader.error));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
