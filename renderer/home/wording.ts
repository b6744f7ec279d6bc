/**
 * What Home says about servers, journals and reports, in sentences. Pure, so that each sentence has a test.
 */
import type { CommandReply, ServerSummary } from '../../shared/ipc/contract.ts';
import { unreachable } from '../../shared/result.ts';
import { formatCount, formatDuration, formatExact, plural } from '../common/format.ts';

export type VerifyReport = CommandReply<'journals.verify'>;
export type Journal = CommandReply<'journals.list'>[number];

/** What stands below a server's name. Never empty. */
export function serverSentence(server: ServerSummary): string {
  switch (server.state) {
    case 'online':
      return `${server.version === null ? 'Online' : `Online, Jupyter Server ${server.version}`}${server.hasRecorder ? '' : '; output is not recorded there'}`;
    case 'checking':
      return 'Checking…';
    case 'unknown':
      return server.detail === '' ? 'Not checked yet.' : server.detail;
    case 'away':
      return server.detail === '' ? 'It does not answer. Running kernels go on; check again later.' : server.detail;
    case 'needs-login':
      return 'It asks for a token. A restarted server usually has a new one.';
    case 'not-jupyter':
      return server.detail === '' ? 'What answers there is not a Jupyter server.' : server.detail;
    default:
      return unreachable(server.state);
  }
}

/** What the recorder is, and what the other choice means. */
export function recorderText(server: ServerSummary): string {
  const what =
    'The recorder is a small program that Nightjar starts on the server for each kernel you use. It keeps what the kernel prints, in a folder of your account there, until it is safe on this computer, and leaves nothing behind.';
  return server.hasRecorder
    ? `${what} Without it a lost connection can lose output; how much is then shown. It takes effect at once.`
    : `${what} With it nothing is lost, however long the connection is away. It takes effect at once.`;
}

/** The state in one word, for screen readers and titles: the dot alone is colour only. */
export function serverStateWord(state: ServerSummary['state']): string {
  switch (state) {
    case 'online':
      return 'Online';
    case 'checking':
      return 'Checking';
    case 'unknown':
      return 'Not checked';
    case 'away':
      return 'Away';
    case 'needs-login':
      return 'Needs a token';
    case 'not-jupyter':
      return 'Not a Jupyter server';
    default:
      return unreachable(state);
  }
}

export function kernelsText(count: number | null): string {
  return count === null || count === 0 ? '' : plural(count, 'kernel');
}

/** From the first entry to the last. */
export function journalLength(journal: Journal): string {
  return formatDuration(journal.lastEntryTimeMs - journal.createdTimeMs);
}

export interface ReportWords {
  readonly title: string;
  readonly verdict: string;
  /** Each a sentence: what was found, the worst first. */
  readonly lines: readonly string[];
}

/** How many gaps are told one by one; the rest are counted. A dialog shows about this many without scrolling. */
const gapsToldMax = 6;

export function reportWords(report: VerifyReport): ReportWords {
  const lines: string[] = [];
  if (report.lostEntries > 0) {
    lines.push(`${capital(plural(report.lostEntries, 'entry', 'entries'))} of the file cannot be read.`);
  }
  // A gap that was recorded when it happened says more than the hole it left in the numbering: told once.
  const told = report.gaps.reduce((sum, gap) => sum + (gap.messages ?? 0), 0);
  const untold = report.missingMessages - told;
  if (untold > 0) {
    const verb = untold === 1 ? 'is' : 'are';
    lines.push(`${capital(plural(untold, 'message'))} of the kernel ${verb} missing, by the kernel's own numbering.`);
  }
  if (report.duplicateMessages > 0) {
    const verb = report.duplicateMessages === 1 ? 'stands' : 'stand';
    lines.push(`${capital(plural(report.duplicateMessages, 'message'))} ${verb} in it twice.`);
  }
  if (report.outOfOrderMessages > 0) {
    lines.push(`${capital(plural(report.outOfOrderMessages, 'message'))} not in the kernel's order.`);
  }
  for (const gap of report.gaps.slice(0, gapsToldMax)) {
    const size = gap.messages === null ? 'An unknown number of messages' : capital(plural(gap.messages, 'message'));
    const from = formatExact(gap.fromTimeMs);
    const to = formatExact(gap.toTimeMs);
    const when = from === to ? `at ${from}` : `${from} to ${to}`;
    lines.push(`${size} missing, ${when}: ${gap.why.replace(/\.$/, '')}.`);
  }
  if (report.gaps.length > gapsToldMax) {
    lines.push(`${capital(plural(report.gaps.length - gapsToldMax, 'more gap'))}.`);
  }
  lines.push(...report.damage);
  if (report.sound) {
    return { title: 'The journal is complete', verdict: soundVerdict(report), lines };
  }
  const hasHoles = report.lostEntries > 0 || report.missingMessages > 0 || report.gaps.length > 0;
  return hasHoles
    ? {
        title: 'The journal has gaps',
        verdict: 'Everything that can be read is as the kernel sent it. What is missing is listed here.',
        lines,
      }
    : {
        title: 'The journal is not in order',
        verdict: 'Nothing is missing from it, but not all is as it should be.',
        lines,
      };
}

function soundVerdict(report: VerifyReport): string {
  if (report.frames === 0) {
    return 'It holds no messages yet. Nothing is missing.';
  }
  const span =
    report.firstTimeMs === null || report.lastTimeMs === null
      ? ''
      : `, from ${formatExact(report.firstTimeMs)} to ${formatExact(report.lastTimeMs)}`;
  const all = report.frames === 1 ? 'Its one message is' : `All ${formatCount(report.frames)} messages are`;
  return `${all} there exactly once, in the kernel's own order${span}.`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const hourMs = 60 * 60 * 1000;

/** When a journal goes by itself, in a word or two beside its name. */
export function leavingText(leavesTimeMs: number, nowMs: number): string {
  const hours = Math.ceil((leavesTimeMs - nowMs) / hourMs);
  return hours <= 1 ? 'Goes soon' : hours >= 24 ? 'Goes tomorrow' : `Goes in ${hours} hours`;
}
