/**
 * Pictures of the web in text cells and plain HTML outputs. No window has a network, so the main process loads them, and
 * only from places that the person has allowed for this notebook; until then a button stands in their place.
 */
import type { NotebookNetwork } from '../outputs/actions.ts';

/** Left on the image while its address is taken off: the page would only be refused it. */
const addressAttribute = 'data-nightjar-picture';
const pictures = '.jp-RenderedHTMLCommon img[src^="http:" i], .jp-RenderedHTMLCommon img[src^="https:" i]';
const waiting = `img[${addressAttribute}]`;

function originOf(address: string): string | null {
  try {
    return new URL(address).origin;
  } catch {
    return null;
  }
}

export class RemotePictures {
  readonly #root: HTMLElement;
  readonly #network: NotebookNetwork;
  readonly #loaded = new Map<string, Promise<string | null>>();

  constructor(root: HTMLElement, network: NotebookNetwork) {
    this.#root = root;
    this.#network = network;
  }

  /** Takes what is there and what comes, as long as the window lives. */
  start(): void {
    const observer = new MutationObserver(() => this.#takeAll());
    observer.observe(this.#root, { subtree: true, childList: true, attributes: true, attributeFilter: ['src'] });
    this.#network.onChanged(() => {
      this.#loaded.clear();
      for (const image of this.#root.querySelectorAll<HTMLImageElement>(waiting)) this.#show(image);
    });
    this.#takeAll();
  }

  #takeAll(): void {
    for (const image of this.#root.querySelectorAll<HTMLImageElement>(pictures)) {
      image.setAttribute(addressAttribute, image.src);
      image.removeAttribute('src');
      this.#show(image);
    }
  }

  #show(image: HTMLImageElement): void {
    const address = image.getAttribute(addressAttribute) ?? '';
    const origin = originOf(address);
    if (origin !== null && this.#network.origins.includes(origin)) {
      void this.#load(address).then((url) => {
        if (url === null) this.#offer(image, null, 'This picture could not be loaded');
        else {
          this.#clear(image);
          image.src = url;
        }
      });
    } else if (origin !== null) {
      image.removeAttribute('src');
      this.#offer(image, origin, `Show pictures from ${new URL(origin).host}…`);
    }
  }

  #load(address: string): Promise<string | null> {
    const known = this.#loaded.get(address) ?? this.#network.picture(address);
    this.#loaded.set(address, known);
    return known;
  }

  /** Puts a button in the place of the picture; without an origin there is nothing to allow, only to try again. */
  #offer(image: HTMLImageElement, origin: string | null, label: string): void {
    this.#clear(image);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'nj-RemotePicture';
    button.textContent = image.alt === '' ? label : `${image.alt} · ${label}`;
    button.title = image.getAttribute(addressAttribute) ?? '';
    button.addEventListener('click', () => {
      if (origin !== null) this.#network.allow(origin);
      else {
        this.#loaded.delete(image.getAttribute(addressAttribute) ?? '');
        this.#show(image);
      }
    });
    image.hidden = true;
    image.after(button);
  }

  #clear(image: HTMLImageElement): void {
    image.hidden = false;
    if (image.nextElementSibling?.classList.contains('nj-RemotePicture') === true) image.nextElementSibling.remove();
  }
}
