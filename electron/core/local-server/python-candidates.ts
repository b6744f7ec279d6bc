/**
 * Where a Python may be on this machine, best first.
 * Owns the order: what the person named, our private environment, the active environment, the PATH, the Python behind
 * a `jupyter` command or a kernel specification, and the usual places that a program started from the desktop does
 * not have on its PATH. It only looks at files; it runs nothing and judges nothing.
 */
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { candidatesMax } from './limits.ts';
import type { Environment } from './subprocess.ts';

export interface PythonCommand {
  readonly file: string;
  /** What stands between the program and its arguments, as `-3` of the Windows launcher. */
  readonly args: readonly string[];
  readonly source: 'chosen' | 'private' | 'found';
}

export interface CandidateOptions {
  readonly environment: Environment;
  readonly dataDir: string;
  readonly home?: string;
  readonly platform?: NodeJS.Platform;
}

/** The Python of an environment in the folder, whether it exists or not. */
export function pythonOfEnvironment(folder: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');
}

export function privateEnvironment(dataDir: string): string {
  return path.join(dataDir, 'python');
}

/** The file whose presence says that the private environment was built to the end. */
export function completionMarker(dataDir: string): string {
  return path.join(privateEnvironment(dataDir), 'nightjar-complete.json');
}

export async function pythonCandidates(options: CandidateOptions): Promise<PythonCommand[]> {
  const { environment, dataDir, platform = process.platform, home = homedir() } = options;
  const found: PythonCommand[] = [];
  const seen = new Set<string>();
  const add = async (file: string | undefined, source: PythonCommand['source'], args: readonly string[] = []) => {
    if (file === undefined || file === '' || found.length >= candidatesMax) return;
    if (source !== 'chosen' && (await opensAnInstaller(file, platform))) return;
    const key = `${await sameProgramKey(file)} ${args.join(' ')}`;
    if (seen.has(key) || !(await isFile(file))) return;
    seen.add(key);
    found.push({ file, args, source });
  };

  const chosen = environment.NIGHTJAR_PYTHON;
  if (chosen !== undefined && chosen !== '') await add(await resolveOnPath(chosen, environment, platform), 'chosen');
  if (await isFile(completionMarker(dataDir))) {
    await add(pythonOfEnvironment(privateEnvironment(dataDir), platform), 'private');
  }
  for (const folder of [environment.VIRTUAL_ENV, environment.CONDA_PREFIX]) {
    if (folder === undefined || folder === '') continue;
    await add(pythonOfEnvironment(folder, platform), 'found');
    // An environment of conda on Windows keeps its Python in the folder itself.
    if (platform === 'win32') await add(path.join(folder, 'python.exe'), 'found');
  }
  const folders = pathFolders(environment);
  for (const folder of folders) {
    for (const name of platform === 'win32' ? ['python3.exe', 'python.exe'] : ['python3', 'python']) {
      await add(path.join(folder, name), 'found');
    }
    if (platform === 'win32') await add(path.join(folder, 'py.exe'), 'found', ['-3']);
  }
  for (const folder of folders) {
    if (platform !== 'win32') await add(await interpreterOfScript(path.join(folder, 'jupyter')), 'found');
  }
  for (const file of await pythonsOfKernels(home, environment, platform)) await add(file, 'found');
  for (const file of usualPlaces(home, platform)) await add(file, 'found');
  return found;
}

function pathFolders(environment: Environment): string[] {
  // Windows spells the variable in its own case; a copied environment is no longer case-blind.
  const value = environment.PATH ?? environment.Path ?? '';
  return value.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
}

async function resolveOnPath(name: string, environment: Environment, platform: NodeJS.Platform): Promise<string> {
  if (path.isAbsolute(name)) return name;
  for (const folder of pathFolders(environment)) {
    for (const suffix of platform === 'win32' ? ['', '.exe'] : ['']) {
      const file = path.join(folder, name + suffix);
      if (await isFile(file)) return file;
    }
  }
  return '';
}

/** The absolute interpreter in the first line of a script, as pip and pipx write it into `jupyter`. */
async function interpreterOfScript(script: string): Promise<string | undefined> {
  const handle = await open(script).catch(() => null);
  if (handle === null) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
    const first = /^#!\s*(\/\S+)/.exec(buffer.toString('utf8', 0, bytesRead))?.[1];
    return first !== undefined && /python[\d.]*$/.test(first) ? first : undefined;
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

const KernelSpec = v.object({ argv: v.array(v.string()) });

/** The Pythons that the person's own kernel specifications name: often the environment they work in. */
async function pythonsOfKernels(home: string, environment: Environment, platform: NodeJS.Platform): Promise<string[]> {
  const byPlatform = {
    darwin: path.join(home, 'Library', 'Jupyter'),
    win32: path.join(environment.APPDATA ?? path.join(home, 'AppData', 'Roaming'), 'jupyter'),
  };
  const linux = path.join(environment.XDG_DATA_HOME ?? path.join(home, '.local', 'share'), 'jupyter');
  const data = platform === 'darwin' || platform === 'win32' ? byPlatform[platform] : linux;
  const kernels = path.join(environment.JUPYTER_DATA_DIR ?? data, 'kernels');
  const names = await readdir(kernels).catch(() => []);
  const files: string[] = [];
  for (const name of names.sort().slice(0, candidatesMax)) {
    const text = await readFile(path.join(kernels, name, 'kernel.json'), 'utf8').catch(() => '');
    const program = programOfKernelSpec(text);
    if (program !== undefined) files.push(program);
  }
  return files;
}

export function programOfKernelSpec(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const spec = v.safeParse(KernelSpec, value);
  const program = spec.success ? spec.output.argv[0] : undefined;
  if (program === undefined || !path.isAbsolute(program)) return undefined;
  return /python[\d.]*(\.exe)?$/i.test(program) ? program : undefined;
}

function usualPlaces(home: string, platform: NodeJS.Platform): string[] {
  if (platform === 'win32') {
    return ['miniconda3', 'anaconda3', 'miniforge3'].map((name) => path.join(home, name, 'python.exe'));
  }
  const inHome = ['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge'];
  return [
    ...inHome.map((name) => path.join(home, name, 'bin', 'python')),
    '/opt/homebrew/bin/python3',
    '/usr/local/bin/python3',
    '/opt/conda/bin/python',
    '/usr/bin/python3',
  ];
}

/** On a Mac without the developer tools, running this one asks the person to install them. */
async function opensAnInstaller(file: string, platform: NodeJS.Platform): Promise<boolean> {
  if (platform !== 'darwin' || path.dirname(file) !== '/usr/bin') return false;
  return !(await isDirectory('/Library/Developer/CommandLineTools')) && !(await isDirectory('/Applications/Xcode.app'));
}

/**
 * `python3` and `python` of one folder are usually one program. The folder is part of the key, because the Python of
 * an environment is a link to its base and yet another Python.
 */
async function sameProgramKey(file: string): Promise<string> {
  const folder = await realpath(path.dirname(file)).catch(() => path.dirname(file));
  const target = await realpath(file).catch(() => file);
  return `${folder} ${target}`;
}

async function isFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.isFile() === true;
}

async function isDirectory(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found?.isDirectory() === true;
}
