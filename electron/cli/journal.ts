/** `nightjar journal …`: lists, shows and proves journals. Reads only; the app may have them open. */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { directions, type Entry, entryKinds, lanes } from '../../shared/journal/entries.ts';
import { type Frame, FrameReader } from '../../shared/wire/codec.ts';
import { journalEnding, journalFiles, summarize } from '../core/journal/library.ts';
import { JournalReader } from '../core/journal/reader.ts';
import { verifyJournal } from '../core/journal/verify.ts';
import { defaultJournalDir, ExitCode, helpText, printProblem, sizeText, timeText } from './output.ts';

const help = `
nightjar journal list [--journal DIR] [--json]
nightjar journal show JOURNAL [--journal DIR] [--json]
nightjar journal verify JOURNAL [--journal DIR] [--json]

JOURNAL is a file, or the id that "list" shows (its beginning is enough).

  --journal DIR   folder of the journals (default: where the app keeps its own)
  --json          one JSON value per line, for programs
  --help          this text

"verify" exits 0 when every entry is there, in order, and no message of the kernel is missing; else 1.
`;

interface Options {
  readonly dir: string;
  readonly json: boolean;
}

export async function journalCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      journal: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [action, name, ...more] = positionals;
  if (values.help) {
    process.stdout.write(helpText(help));
    return ExitCode.ok;
  }
  const options: Options = { dir: path.resolve(values.journal ?? defaultJournalDir()), json: values.json };
  if (action === 'list' && name === undefined) {
    return list(options);
  }
  if ((action !== 'show' && action !== 'verify') || more.length > 0) {
    printProblem('Say "journal list", "journal show JOURNAL" or "journal verify JOURNAL"; --help explains.');
    return ExitCode.badInput;
  }
  if (name === undefined) {
    printProblem(`Which journal? "nightjar journal list" shows them; name one after "journal ${action}".`);
    return ExitCode.badInput;
  }
  const file = fileNamed(name, options.dir);
  if (typeof file !== 'string') {
    printProblem(file.problem);
    return ExitCode.badInput;
  }
  const opened = JournalReader.open(file);
  if (!opened.ok) {
    printProblem(opened.problem.sentence);
    return ExitCode.badInput;
  }
  try {
    return action === 'show' ? await show(opened.value, options) : verify(opened.value, options);
  } finally {
    opened.value.close();
  }
}

function fileNamed(name: string, dir: string): string | { readonly problem: string } {
  if (fs.existsSync(name) && fs.statSync(name).isFile()) {
    return path.resolve(name);
  }
  const matching = journalFiles(dir).filter((file) => path.basename(file, journalEnding).startsWith(name));
  const [only] = matching;
  if (only === undefined) {
    return { problem: `There is no journal ${name}, neither a file of that name nor one in ${dir}.` };
  }
  if (matching.length > 1 && !matching.some((file) => path.basename(file, journalEnding) === name)) {
    return { problem: `${matching.length} journals begin with ${name}. Type more of the id.` };
  }
  return only;
}

function list(options: Options): number {
  if (!fs.existsSync(options.dir)) {
    printProblem(
      `There is no folder ${options.dir}. Journals appear there when a notebook is run; --journal names another.`,
    );
    return ExitCode.badInput;
  }
  const summaries = journalFiles(options.dir).map(summarize);
  if (options.json) {
    for (const summary of summaries) {
      process.stdout.write(`${JSON.stringify(summary)}\n`);
    }
    return ExitCode.ok;
  }
  if (summaries.length === 0) {
    process.stdout.write(`No journals in ${options.dir} yet.\n`);
  }
  for (const { journalId, notebookPath, serverName, entries, fileBytes, gaps, state, createdTimeMs } of summaries) {
    const marks = [state === 'closed' ? '' : state, gaps === 0 ? '' : `${gaps} gaps`].filter((mark) => mark !== '');
    const fields = [
      timeText(createdTimeMs),
      journalId,
      notebookPath ?? '(no notebook)',
      serverName,
      `${entries.toLocaleString('en')} entries`,
      sizeText(fileBytes),
      ...marks,
    ];
    process.stdout.write(`${fields.join('  ')}\n`);
  }
  return ExitCode.ok;
}

function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(([, number]) => number === value)?.[0] ?? 'unknown';
}

function frameLine(frame: Frame): string {
  const content = frame.content();
  const text = typeof content.text === 'string' ? content.text : typeof content.code === 'string' ? content.code : null;
  const detail =
    text ??
    (typeof content.execution_state === 'string' ? content.execution_state : null) ??
    (typeof content.ename === 'string' ? `${content.ename}: ${String(content.evalue)}` : null) ??
    (typeof content.data === 'object' && content.data !== null ? Object.keys(content.data).join(', ') : '');
  // Control characters of a kernel's output must not reach the reader's terminal.
  const clean = detail.replace(/\s+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
  return `${frame.channel} ${frame.header.msg_type}  ${clean.length > 100 ? `${clean.slice(0, 99)}…` : clean}`.trimEnd();
}

function entryLine(entry: Entry, frames: FrameReader, json: boolean): string {
  const frame = entry.kind === entryKinds.frame ? frames.read(entry.body) : null;
  const kind = nameOf(entryKinds, entry.kind);
  const direction = nameOf(directions, entry.direction);
  const body = frame === null ? new TextDecoder().decode(entry.body) : '';
  if (json) {
    return JSON.stringify({
      seq: entry.seq,
      time: new Date(entry.timeUs / 1000).toISOString(),
      kind,
      direction,
      lane: nameOf(lanes, entry.lane),
      ...(frame === null
        ? { body }
        : {
            channel: frame.channel,
            header: frame.header,
            parent_header: frame.parent ?? {},
            metadata: frame.metadata(),
            content: frame.content(),
          }),
    });
  }
  const arrow = frame === null ? '·' : entry.direction === directions.out ? '→' : '←';
  const clock = timeText(entry.timeUs / 1000);
  return `${String(entry.seq).padStart(7)}  ${clock}  ${arrow} ${frame === null ? `${kind}  ${body}` : frameLine(frame)}`;
}

async function show(reader: JournalReader, options: Options): Promise<number> {
  const frames = new FrameReader();
  for (const entry of reader.entries()) {
    // Waiting for a slow reader keeps memory bounded however long the journal is.
    if (!process.stdout.write(`${entryLine(entry, frames, options.json)}\n`)) {
      await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
  }
  if (reader.isSalvaging) {
    printProblem('The file is damaged; this is what can be read. "journal verify" says what is missing.');
  }
  return ExitCode.ok;
}

function verify(reader: JournalReader, options: Options): number {
  const report = verifyJournal(reader);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    const size = `${report.entries.toLocaleString('en')} entries, ${report.frames.toLocaleString('en')} messages`;
    process.stdout.write(`${report.sound ? 'Sound' : 'Not sound'}: ${size}, ${report.gaps.length} gaps.\n`);
    for (const finding of report.findings) {
      process.stdout.write(`- ${finding}\n`);
    }
  }
  return report.sound ? ExitCode.ok : ExitCode.failed;
}
