/** The progress of a run: one line that moves on a terminal, one line per cell in a log file. */
import type { RunProgress } from '../core/run/runner.ts';

interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const clearLine = '\r\u001b[2K';

export class ProgressLine {
  private begunMs = Date.now();
  private cell = 0;
  private isShown = false;

  constructor(
    private readonly out: Out,
    private readonly quiet: boolean,
  ) {}

  show(progress: RunProgress): void {
    if (this.quiet) {
      return;
    }
    if (progress.cell !== this.cell) {
      this.cell = progress.cell;
      this.begunMs = Date.now();
    }
    const seconds = ((Date.now() - this.begunMs) / 1000).toFixed(1);
    const link = progress.link === 'live' || progress.link === 'closed' ? '' : ` · ${linkWords(progress.link)}`;
    const what = progress.phase === 'saving' ? 'saving' : `cell ${progress.cell} of ${progress.cells}`;
    const text = `${what} · ${seconds} s · ${progress.messages.toLocaleString('en')} messages${link}`;
    if (this.out.isTTY === true) {
      this.out.write(`${clearLine}${text.slice(0, (this.out.columns ?? 80) - 1)}`);
      this.isShown = true;
    } else if (progress.phase === 'done') {
      this.out.write(`${text}\n`);
    }
  }

  /** A sentence above the line. */
  say(sentence: string): void {
    this.end();
    this.out.write(`${sentence}\n`);
  }

  /** Takes the line away, so that what follows begins on a clean one. */
  end(): void {
    if (this.isShown) {
      this.out.write(clearLine);
      this.isShown = false;
    }
  }
}

function linkWords(phase: string): string {
  switch (phase) {
    case 'connecting':
      return 'connecting';
    case 'suspect':
      return 'no answer from the server';
    case 'needs-login':
      return 'the server asks for a new token';
    case 'kernel-gone':
      return 'the kernel is gone';
    default:
      return 'not connected, trying again';
  }
}
