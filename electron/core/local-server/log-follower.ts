/**
 * Reads a growing log while its server starts: hands out whole lines, redacted, and keeps the end for a problem.
 * It opens the file anew for each look, so it holds nothing that would have to be closed.
 */
import { stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { outputCharsMax } from './limits.ts';
import { redact } from './problem.ts';
import { readLogFrom } from './server-files.ts';

export class LogFollower {
  readonly #file: string;
  readonly #token: string;
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #position = 0;
  #partial = '';
  #kept = '';

  constructor(file: string, token: string, onLine: (line: string) => void) {
    this.#file = file;
    this.#token = token;
    this.#onLine = onLine;
  }

  /** Leaves out what an earlier attempt wrote. */
  async skipToEnd(): Promise<void> {
    this.#position = (await stat(this.#file).catch(() => null))?.size ?? 0;
  }

  async read(): Promise<void> {
    const bytes = await readLogFrom(this.#file, this.#position);
    this.#position += bytes.length;
    const lines = (this.#partial + this.#decoder.write(bytes)).split(/\r?\n/);
    this.#partial = (lines.pop() ?? '').slice(-outputCharsMax);
    for (const line of lines) {
      if (line.trim() === '') continue;
      const shown = redact(line, this.#token);
      this.#kept = `${this.#kept}${shown}\n`.slice(-outputCharsMax);
      this.#onLine(shown);
    }
  }

  text(): string {
    return this.#kept + redact(this.#partial, this.#token);
  }

  /** True when the server ended because its port was taken between our choice and its bind. */
  saysPortTaken(): boolean {
    return /already in use|Errno 98\b|Errno 48\b|WinError 10048|no available port could be found/i.test(this.text());
  }
}
