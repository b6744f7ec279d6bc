/** What outputs ask of the rest of the app, through the main process: links, the clipboard, files, the network. */
import { invoke } from '../common/bridge.ts';
import { type FrameHost, reloadFrames } from './output-frame.ts';
import { type OutputActions, pictureOfFrame } from './pictures.ts';

/** What the outputs of one notebook may load. The main process decides; this is what it said last. */
export class NotebookNetwork {
  readonly #path: () => string;
  readonly #report: (sentence: string) => void;
  #grant: string | null = null;
  #origins: readonly string[] = [];
  readonly #listeners = new Set<() => void>();

  /** @param path the notebook, which may be renamed */
  constructor(path: () => string, report: (sentence: string) => void) {
    this.#path = path;
    this.#report = report;
  }

  get grant(): string | null {
    return this.#grant;
  }

  /** Where outputs may load from. */
  get origins(): readonly string[] {
    return this.#origins;
  }

  /** Asks what is allowed. Frames that are there already stay as they are. */
  async read(): Promise<void> {
    this.#take(await invoke('outputs.network', { path: this.#path() }));
  }

  allow(origin: string): void {
    void invoke('outputs.allow', { path: this.#path(), origin }).then((answer) => {
      const before = this.#origins.length;
      this.#take(answer);
      if (this.#origins.length !== before) this.#changed();
    });
  }

  /** Calls back when more or less is allowed than before. */
  onChanged(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** A picture of the web as a data URL, or null when it may not or cannot be had. */
  async picture(url: string): Promise<string | null> {
    const answer = await invoke('outputs.picture', { path: this.#path(), url });
    return answer.ok ? answer.value : null;
  }

  async forbidAll(): Promise<void> {
    const answer = await invoke('outputs.forbid', { path: this.#path() });
    if (!answer.ok) this.#report(answer.problem.sentence);
    await this.read();
    this.#changed();
  }

  #changed(): void {
    reloadFrames();
    for (const listener of this.#listeners) listener();
  }

  #take(answer: Awaited<ReturnType<typeof invoke<'outputs.network'>>>): void {
    if (answer.ok) {
      this.#grant = answer.value.grant;
      this.#origins = answer.value.origins;
    } else {
      this.#report(answer.problem.sentence);
    }
  }
}

/** Copying and saving. `report` tells what went wrong. */
export function outputActions(report: (sentence: string) => void): OutputActions {
  const tell = (answer: { readonly ok: boolean; readonly problem?: { readonly sentence: string } }): void => {
    if (answer.problem !== undefined) report(answer.problem.sentence);
  };
  return {
    copy: (content) => void invoke('outputs.copy', { content }).then(tell),
    save: (name, content) => void invoke('outputs.save', { name, content }).then(tell),
  };
}

/** What the frames of a window need of it; without a network they load nothing. */
export function frameHost(
  actions: OutputActions,
  report: (sentence: string) => void,
  network?: NotebookNetwork,
): FrameHost {
  return {
    ...(network === undefined ? {} : { network }),
    openLink: (url) => void invoke('window.openExternal', { url }),
    saveImage: (output) => {
      void pictureOfFrame(output, 'png').then((content) => {
        if (content === null) report('This output gave no image to save.');
        else actions.save('figure.png', content);
      });
    },
  };
}
