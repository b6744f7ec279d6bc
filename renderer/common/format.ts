/**
 * How numbers, times and paths read to people. Pure, English, without surprises: the exact value is always in a title.
 */

const kilo = 1000;

/** `0 B`, `940 B`, `1.2 kB`, `34 MB`: decimal units, as file managers of desktop systems show them. */
export function formatBytes(bytes: number): string {
  if (bytes < kilo) {
    return `${Math.max(0, Math.round(bytes))} B`;
  }
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 'B';
  for (const next of units) {
    // 999.95 would be printed as 1000: it belongs to the next unit.
    if (value < kilo - 0.5) {
      break;
    }
    value /= kilo;
    unit = next;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 kernel`, `3 kernels`, `no kernels`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  if (count === 0) {
    return `no ${many}`;
  }
  return count === 1 ? `1 ${one}` : `${formatCount(count)} ${many}`;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `just now`, `4 min ago`, `3 h ago`, `yesterday`, `12 Mar`, `12 Mar 2024`. A time ahead of the clock is `just now`. */
export function formatRelative(timeMs: number, nowMs: number): string {
  const age = nowMs - timeMs;
  if (age < minuteMs) {
    return 'just now';
  }
  if (age < hourMs) {
    return `${Math.floor(age / minuteMs)} min ago`;
  }
  const then = new Date(timeMs);
  const now = new Date(nowMs);
  const days = calendarDays(then, now);
  if (days === 0 || age < 6 * hourMs) {
    return `${Math.floor(age / hourMs)} h ago`;
  }
  if (days === 1) {
    return 'yesterday';
  }
  if (days < 7) {
    return `${days} days ago`;
  }
  return formatDay(then, now);
}

/** How long until the text of `formatRelative` may change: the clock of a list ticks no more often. */
export function relativeTickMs(timeMs: number, nowMs: number): number {
  const age = nowMs - timeMs;
  return age < hourMs ? minuteMs / 2 : 10 * minuteMs;
}

function calendarDays(from: Date, to: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(to) - midnight(from)) / dayMs);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function formatDay(date: Date, now: Date): string {
  const day = `${date.getDate()} ${months[date.getMonth()] ?? ''}`;
  return date.getFullYear() === now.getFullYear() ? day : `${day} ${date.getFullYear()}`;
}

/** `12 Mar 2024, 08:05:09`: for titles and reports. */
export function formatExact(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getDate()} ${months[date.getMonth()] ?? ''} ${date.getFullYear()}`;
  return `${day}, ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `4 s`, `12 min`, `3 h 20 min`, `2 d 4 h`: the two largest units. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  }
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** 14:02:11, in this computer's time zone. */
export function formatClock(timeMs: number): string {
  return new Date(timeMs).toLocaleTimeString('en-GB');
}

/** The last part of a path: `a/b/c.ipynb` → `c.ipynb`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path without its last part: `a/b/c.ipynb` → `a/b`, `c.ipynb` → ``. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** `http://127.0.0.1:8888/user/me/` → `127.0.0.1:8888/user/me`, for display next to a name. */
export function displayUrl(baseUrl: string): string {
  return baseUrl.replace(/^https?:\/\//, '').replace(/\/+$/, '');
}

/**
 * While JupyterLab and Nightjar start a kernel, its session has a random id in the place of the file's name. It keeps
 * that when whoever started it is gone before the kernel is there: the kernel then is no notebook's.
 */
export function isUnfinishedStart({ path }: { readonly path: string }): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(baseName(path));
}

/** What people know a session of the server by; empty when it has no name. */
export function sessionLabel(session: { readonly path: string; readonly name: string }): string {
  const { path, name } = session;
  if (isUnfinishedStart(session)) return name === '' ? '' : `${name} (start not finished)`;
  return baseName(path === '' ? name : path);
}
