/**
 * A kernel and its witness, for some runs one after another: starting both takes longer than a run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestServer, testPython } from '../support/jupyter-server.ts';
import type { Witnessed } from './checker.ts';

/** A kernel serves so many runs, then a fresh one takes its place. */
const runsMax = 8;

export class WitnessedKernel {
  private readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-kernel-'));
  private readonly lines: Witnessed[] = [];
  private readBytes = 0;
  private runs = 0;
  /** Set by a run after which the kernel should not be used again. */
  isSpent = false;
  isPrepared = false;

  private constructor(
    private readonly server: TestServer,
    readonly kernelId: string,
    private readonly witness: ChildProcess,
    private readonly file: string,
  ) {}

  static async start(server: TestServer, witnessProgram: string): Promise<WitnessedKernel> {
    const model = (await server.rest('POST', 'api/kernels', { name: 'python3' })) as { id: string };
    const connection = path.join(path.dirname(server.root), 'runtime', `kernel-${model.id}.json`);
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'nightjar-witness-')), 'seen');
    const witness = spawn(testPython(), [witnessProgram, connection, file], { stdio: ['pipe', 'ignore', 'inherit'] });
    return new WitnessedKernel(server, model.id, witness, file);
  }

  /** Where the app's memory of helper kernels is kept between runs. */
  get helpersFile(): string {
    return path.join(this.home, 'helpers.json');
  }

  /** The recorder's own folder on the server. */
  get recorderDir(): string {
    return path.join(path.dirname(this.server.root), 'runtime', 'nightjar', this.kernelId);
  }

  /** Everything the kernel has published so far. */
  witnessed(): readonly Witnessed[] {
    if (this.witness.exitCode !== null) throw new Error('the witness has ended');
    if (!fs.existsSync(this.file)) return this.lines;
    const descriptor = fs.openSync(this.file, 'r');
    try {
      const fresh = Buffer.alloc(fs.fstatSync(descriptor).size - this.readBytes);
      fs.readSync(descriptor, fresh, 0, fresh.byteLength, this.readBytes);
      const whole = fresh.subarray(0, fresh.lastIndexOf(0x0a) + 1);
      this.readBytes += whole.byteLength;
      for (const line of whole.toString('utf8').split('\n')) {
        if (line !== '') this.lines.push(JSON.parse(line) as Witnessed);
      }
    } finally {
      fs.closeSync(descriptor);
    }
    return this.lines;
  }

  /** True when another run may use it. */
  used(): boolean {
    this.runs += 1;
    return !this.isSpent && this.runs < runsMax;
  }

  async end(): Promise<void> {
    this.witness.kill('SIGKILL');
    await this.server.rest('DELETE', `api/kernels/${this.kernelId}`).catch(() => undefined);
    await this.endHelpers();
    fs.rmSync(this.home, { recursive: true, force: true });
    fs.rmSync(path.dirname(this.file), { recursive: true, force: true });
  }

  async endHelpers(file = this.helpersFile): Promise<void> {
    const helpers = fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string>) : {};
    for (const id of Object.values(helpers)) {
      await this.server.rest('DELETE', `api/kernels/${id}`).catch(() => undefined);
    }
  }
}
