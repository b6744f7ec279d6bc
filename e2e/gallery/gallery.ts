/**
 * One pass through the app: takes the pictures, numbers them, and keeps what could not be shown.
 *
 * A step brings the app into a state and is then photographed. A step that fails is told and leaves a picture of what
 * was on the screen instead, marked as such; the next step begins all the same.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import { pause, tidy, within } from './drive.ts';
import { screenPicture } from './native.ts';

export interface Look {
  readonly scheme: 'light' | 'dark';
  readonly size: 'small' | 'large';
}

export const sizes = { small: { width: 900, height: 640 }, large: { width: 1500, height: 950 } } as const;

export const nameOf = ({ scheme, size }: Look): string => `${scheme}-${size}`;

/** A step that takes longer than this will not come to its end: the longest one waits for an outage to be noticed. */
const stepMaxMs = 240_000;
/** Menus, toasts and side panels move into their place; the slowest takes a fifth of a second. */
const settleMs = 400;
/** Windows of the system come up less quickly. */
const systemSettleMs = 1_000;

export interface Picture {
  readonly file: string;
  readonly text: string;
}

type Step = () => Promise<unknown>;

/** Takes a picture of one page after the other: what it is called, what it shows, how the page gets there and back. */
export type Show = (name: string, text: string, arrange?: Step, after?: Step) => Promise<void>;

export class Gallery {
  readonly pictures: Picture[] = [];
  readonly failures: string[] = [];
  #count = 0;

  constructor(
    readonly look: Look,
    private readonly folder: string,
    private readonly say: (line: string) => void,
  ) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
  }

  /** Something to know about a picture. */
  note(line: string): void {
    this.say(`${nameOf(this.look)}: ${line}`);
  }

  /** Several steps that share a beginning: where that fails, none of them can be shown. */
  async scene(name: string, play: Step): Promise<void> {
    this.say(`${nameOf(this.look)}: ${name}`);
    try {
      await play();
    } catch (error) {
      this.#failed(name, error);
    }
  }

  /** The steps of one page. Without a way back of its own, a step puts away what it opened. */
  of(app: TestApp, page: Page): Show {
    return (name, text, arrange, after) =>
      this.show(
        name,
        text,
        app,
        async () => {
          await arrange?.();
          return page;
        },
        after ?? (() => tidy(page)),
        page,
      );
  }

  async show(
    name: string,
    text: string,
    app: TestApp,
    arrange: () => Promise<Page>,
    after?: Step,
    fallback?: Page,
  ): Promise<void> {
    const file = this.#next(name);
    try {
      const page = await within(stepMaxMs, arrange());
      await this.#wear(app, page);
      await pause(settleMs);
      await photograph(page, path.join(this.folder, `${file}.png`));
      this.#taken(file, text);
    } catch (error) {
      this.#failed(file, error);
      if (fallback !== undefined)
        await photograph(fallback, path.join(this.folder, `${file}.failed.png`)).catch(ignore);
    }
    await this.#back(file, after);
  }

  /** A menu or a message box of the system: the whole screen, because a page does not contain it. */
  async screen(name: string, text: string, app: TestApp, arrange: Step, after: Step): Promise<void> {
    const file = this.#next(name);
    try {
      await this.#chooseTheme(app);
      await within(stepMaxMs, arrange());
      await pause(systemSettleMs);
      await this.#screen(app, `${file}.png`);
      this.#taken(file, text);
    } catch (error) {
      this.#failed(file, error);
      await this.#screen(app, `${file}.failed.png`).catch(ignore);
    }
    await this.#back(file, after);
  }

  async #screen(app: TestApp, file: string): Promise<void> {
    fs.writeFileSync(path.join(this.folder, file), await within(45_000, screenPicture(app)));
  }

  async #back(file: string, after: Step | undefined): Promise<void> {
    try {
      if (after !== undefined) await within(stepMaxMs, after());
    } catch (error) {
      this.#failed(`what follows ${file}`, error);
    }
  }

  /** A change of the settings may have given the theme back. */
  async #chooseTheme(app: TestApp): Promise<void> {
    await app.electron.evaluate(({ nativeTheme }, wanted) => {
      if (nativeTheme.themeSource !== wanted) nativeTheme.themeSource = wanted;
    }, this.look.scheme);
  }

  /** Pages follow the theme by themselves, a moment later. */
  async #wear(app: TestApp, page: Page): Promise<void> {
    if (!page.url().startsWith('app:')) return;
    const { scheme } = this.look;
    await this.#chooseTheme(app);
    await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, scheme, {
      timeout: 20_000,
    });
  }

  #next(name: string): string {
    this.#count += 1;
    return `${String(this.#count).padStart(3, '0')}-${name}`;
  }

  #taken(file: string, text: string): void {
    this.pictures.push({ file: `${nameOf(this.look)}/${file}.png`, text });
    this.say(`${nameOf(this.look)}/${file}`);
  }

  #failed(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const sentence = `could not show ${nameOf(this.look)}/${what}: ${why.replaceAll(/\s+/g, ' ').slice(0, 400)}`;
    this.failures.push(sentence);
    this.say(sentence);
  }
}

function ignore(): void {}

/** With caret and animations as they are: nothing is put into the page for the picture. */
function photograph(page: Page, file: string): Promise<Buffer> {
  return page.screenshot({ path: file, caret: 'initial', animations: 'allow', timeout: 45_000 });
}
