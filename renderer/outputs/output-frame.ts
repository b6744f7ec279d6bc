/**
 * An output in a sandboxed frame: makes the frame when it comes near the screen, hands the content in, and believes
 * of what comes out only what decodes.
 *
 * The frame has an origin of its own (`allow-same-origin` is never given), so it reaches neither this page nor the
 * bridge nor another output. A frame that leaves its page or floods this one is taken away, and the output says so.
 */
import * as v from 'valibot';
import { Widget } from '@lumino/widgets';
import {
  type FrameContent,
  frameHeightMaxPx,
  fromFrame,
  type FromFrame,
  type OutputPageKind,
  outputPageUrls,
  type ToFrame,
} from '../../shared/outputs/frame-protocol.ts';
import { FramePool, type PooledFrame } from './frame-pool.ts';
import { currentLook, followLook } from './look.ts';

/** Messages within `floodWindowMs` above which a frame is a nuisance: a resize drag makes 60 a second. */
const messagesMax = 2_000;
const floodWindowMs = 10_000;
/** Places named below one output. */
const originsMax = 5;
/** A frame that has drawn nothing for so long is busy, or the process that all frames share is. */
const answerTimeoutMs = 10_000;
/** An image that does not come in this time does not come. */
const imageTimeoutMs = 20_000;

export interface FrameHost {
  /** Opens a web address in the person's browser, after asking. */
  openLink(url: string): void;
  /** Saves what this output shows as an image, after asking where. */
  saveImage?(output: FramedImage): void;
  /** What outputs may load; without it they load nothing and nobody is asked. */
  readonly network?: FrameNetwork;
}

export interface FrameNetwork {
  /** Goes into the address of a frame's page; null while nothing is allowed. */
  readonly grant: string | null;
  /** Asks the person whether outputs of this notebook may load from there; then all frames are made anew. */
  allow(origin: string): void;
}

/** Makes all frames of this window anew, because what they may do has changed. */
export function reloadFrames(): void {
  pool?.reloadAll();
}

export interface FramedImage {
  readonly imageFormats: readonly ('png' | 'svg')[];
  /** A data URL, or null when the frame gave none. */
  image(format: 'png' | 'svg'): Promise<string | null>;
}

interface NoteAction {
  readonly label: string;
  readonly run: () => void;
}

let pool: FramePool | null = null;

export interface OutputFrameOptions {
  readonly page: OutputPageKind;
  readonly host: FrameHost;
  /** The height to begin with, until the frame knows better. */
  readonly heightPx: number;
}

export class OutputFrame extends Widget implements PooledFrame, FramedImage {
  readonly #options: OutputFrameOptions;
  readonly #note = document.createElement('p');
  readonly #blocked = new Set<string>();
  readonly #images = new Map<number, (url: string | null) => void>();
  #content: FrameContent | null = null;
  #frame: HTMLIFrameElement | null = null;
  #port: MessagePort | null = null;
  #endLook: (() => void) | null = null;
  #heightPx: number;
  #received = 0;
  #receivedSinceMs = 0;
  #nextImage = 1;
  #imageFormats: readonly ('png' | 'svg')[] = [];
  #isStopped = false;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #isOfferingStop = false;

  constructor(options: OutputFrameOptions) {
    super();
    this.#options = options;
    this.#heightPx = options.heightPx;
    this.addClass('nj-OutputFrame');
    this.node.style.minHeight = `${options.heightPx}px`;
    this.#note.className = 'nj-OutputNote';
    this.#note.hidden = true;
    this.node.append(this.#note);
  }

  get imageFormats(): readonly ('png' | 'svg')[] {
    return this.#imageFormats;
  }

  /** Shows this, now or when the frame comes near the screen. */
  setContent(content: FrameContent): void {
    const isUpdate = this.#content !== null && this.#content.kind === content.kind;
    this.#content = content;
    this.#isStopped = false;
    if (this.#frame === null) return;
    if (isUpdate && this.#port !== null && (content.kind === 'plotly' || content.kind === 'vega')) {
      this.#post({ t: 'show', content, look: currentLook() });
    } else {
      this.setLive(false);
      this.setLive(true);
    }
  }

  image(format: 'png' | 'svg'): Promise<string | null> {
    if (this.#port === null) return Promise.resolve(null);
    const id = this.#nextImage;
    this.#nextImage += 1;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settleImage(id, null), imageTimeoutMs);
      this.#images.set(id, (url) => {
        clearTimeout(timer);
        resolve(url);
      });
      this.#post({ t: 'image', id, format });
    });
  }

  setLive(isLive: boolean): void {
    if (!isLive) {
      clearTimeout(this.#answerTimer);
      this.#isOfferingStop = false;
      this.#endLook?.();
      this.#endLook = null;
      this.#port?.close();
      this.#port = null;
      this.#frame?.remove();
      this.#frame = null;
      this.#imageFormats = [];
      delete this.node.dataset['shown'];
      for (const id of [...this.#images.keys()]) this.#settleImage(id, null);
    } else if (this.#frame === null && this.#content !== null && !this.#isStopped) {
      this.#open();
    }
  }

  protected override onAfterAttach(): void {
    pool ??= new FramePool();
    pool.add(this);
  }

  protected override onBeforeDetach(): void {
    pool?.remove(this);
  }

  #open(): void {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.title = 'Output';
    frame.style.height = `${this.#heightPx}px`;
    frame.addEventListener('load', () => this.#onLoad(frame));
    const grant = this.#options.host.network?.grant ?? null;
    frame.src = outputPageUrls[this.#options.page] + (grant === null ? '' : `?grant=${grant}`);
    this.#frame = frame;
    this.#blocked.clear();
    this.#note.hidden = true;
    this.node.prepend(frame);
  }

  #onLoad(frame: HTMLIFrameElement): void {
    if (frame !== this.#frame || this.#content === null) return;
    if (this.#port !== null) {
      this.#stop('This output tried to leave its place. Nightjar stopped it.');
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<unknown>) => this.#onMessage(data);
    this.#port = port1;
    const first: ToFrame = { t: 'show', content: this.#content, look: currentLook() };
    // An opaque origin cannot be named as a target. Nothing secret is in the message: it is the output itself.
    frame.contentWindow?.postMessage(first, '*', [port2]);
    this.#endLook = followLook((look) => this.#post({ t: 'look', look }));
    this.#answerTimer = setTimeout(() => this.#offerStop(), answerTimeoutMs);
  }

  /** It has come up, or said why not. */
  #answered(outcome: 'true' | 'failed'): void {
    clearTimeout(this.#answerTimer);
    if (this.#isOfferingStop) this.#note.hidden = true;
    this.#isOfferingStop = false;
    this.node.dataset['shown'] = outcome;
  }

  #offerStop(): void {
    this.#isOfferingStop = true;
    this.#say('This output does not come up. It, or another output, may be busy without end.', {
      label: 'Stop the outputs of this notebook',
      run: () => pool?.stopAll(),
    });
  }

  /** Takes the frame away until the person wants it back. A process whose last frame goes ends, busy or not. */
  halt(): void {
    if (this.#frame === null) return;
    this.#stop('This output was stopped.', {
      label: 'Show it again',
      run: () => {
        this.#isStopped = false;
        delete this.node.dataset['shown'];
        this.setLive(true);
      },
    });
  }

  #post(message: ToFrame): void {
    this.#port?.postMessage(message);
  }

  #stop(sentence: string, action?: NoteAction): void {
    this.#isStopped = true;
    this.setLive(false);
    this.node.style.minHeight = '';
    this.node.style.removeProperty('--nj-frame-height');
    this.node.dataset['shown'] = 'stopped';
    this.#say(sentence, ...(action === undefined ? [] : [action]));
  }

  #say(sentence: string, ...actions: readonly NoteAction[]): void {
    this.#note.replaceChildren(sentence);
    for (const action of actions) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'nj-OutputButton';
      button.textContent = action.label;
      button.addEventListener('click', action.run);
      this.#note.append(' ', button);
    }
    this.#note.hidden = false;
  }

  #onMessage(data: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#receivedSinceMs > floodWindowMs) {
      this.#received = 0;
      this.#receivedSinceMs = nowMs;
    }
    this.#received += 1;
    if (this.#received > messagesMax) {
      this.#stop('This output kept the window busy with messages. Nightjar stopped it.');
      return;
    }
    const decoded = v.safeParse(fromFrame, data, { abortEarly: true });
    if (decoded.success) this.#receive(decoded.output);
  }

  #receive(message: FromFrame): void {
    switch (message.t) {
      case 'size':
        this.#resize(message.heightPx);
        return;
      case 'shown':
        this.#imageFormats = message.imageFormats;
        this.#answered('true');
        return;
      case 'failed':
        this.#answered('failed');
        return;
      case 'blocked':
        this.#block(message.origin);
        return;
      case 'link':
        // A click in a frame counts as one in this window; a script in it cannot make one.
        if (navigator.userActivation.isActive) this.#options.host.openLink(message.url);
        return;
      case 'save':
        if (navigator.userActivation.isActive) this.#options.host.saveImage?.(this);
        return;
      case 'escape':
        this.#returnFocus();
        return;
      case 'image':
        this.#settleImage(message.id, message.url);
        return;
    }
  }

  #resize(heightPx: number): void {
    this.#heightPx = Math.min(Math.ceil(heightPx), frameHeightMaxPx);
    this.node.style.minHeight = '';
    if (this.#frame !== null) this.#frame.style.height = `${this.#heightPx}px`;
    // Kept while the frame is away, so that nothing jumps.
    this.node.style.setProperty('--nj-frame-height', `${this.#heightPx}px`);
  }

  #block(origin: string): void {
    if (this.#blocked.size >= originsMax) return;
    this.#blocked.add(origin);
    const { network } = this.#options.host;
    const offers = [...this.#blocked].flatMap((one): NoteAction[] =>
      network === undefined || !one.startsWith('http')
        ? []
        : [{ label: `Allow ${hostOf(one)}…`, run: () => network.allow(one) }],
    );
    const hosts = [...new Set([...this.#blocked].map(hostOf))].join(', ');
    const why = 'Nightjar keeps outputs off the network, so a part of it may be missing.';
    this.#say(`This output wanted to load something from ${hosts}. ${why}`, ...offers);
  }

  #returnFocus(): void {
    if (document.activeElement !== this.#frame) return;
    this.#frame?.blur();
    const notebook = this.node.closest('.jp-Notebook');
    if (notebook instanceof HTMLElement) notebook.focus({ preventScroll: true });
  }

  #settleImage(id: number, url: string | null): void {
    const settle = this.#images.get(id);
    this.#images.delete(id);
    settle?.(url);
  }
}

function hostOf(origin: string): string {
  return origin.replace(/^\w+:\/\//, '');
}
