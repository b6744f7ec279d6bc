/**
 * The lists in which a desktop keeps which program opens which kind of file (Association between MIME types and
 * applications specification): reading one, and putting one entry into it or taking it out. Pure.
 *
 * These files belong to the person. Every line that does not name both the media type and the entry stays as it is.
 */

export const defaultGroup = '[Default Applications]';
export const removedGroup = '[Removed Associations]';
/** The group of `mimeinfo.cache`, which `update-desktop-database` makes of all entries. */
export const cacheGroup = '[MIME Cache]';

interface Group {
  /** The header; empty for the lines before the first one. */
  readonly header: string;
  readonly lines: readonly string[];
}

/** The entries that a group has for a media type, in their order. */
export function entriesIn(text: string, header: string, type: string): string[] {
  return groupsOf(text)
    .filter((group) => group.header === header)
    .flatMap(({ lines }) => lines.filter((line) => isFor(line, type)).flatMap(entriesOf));
}

/** Makes an entry the first choice for a media type; others that were chosen stay behind it. */
export function withDefault(text: string, type: string, entry: string): string {
  const others = entriesIn(text, defaultGroup, type).filter((name) => name !== entry);
  const line = `${type}=${[entry, ...others].join(';')};`;
  const groups = groupsOf(text);
  const own = groups.find(({ header }) => header === defaultGroup);
  if (own === undefined) return textOf([...groups, { header: defaultGroup, lines: [line] }]);
  return textOf(
    groups.map((group) => {
      if (group.header !== defaultGroup) return group;
      const lines = group.lines.filter((one) => !isFor(one, type));
      return { ...group, lines: group === own ? [line, ...lines] : lines };
    }),
  );
}

/** Takes an entry away from a media type, in every group or in one; a group that has nothing else goes with it. */
export function withoutEntry(text: string, type: string, entry: string, header: string | null): string {
  const isMeant = (group: Group): boolean =>
    (header === null || group.header === header) &&
    group.lines.some((line) => isFor(line, type) && entriesOf(line).includes(entry));
  const groups = groupsOf(text);
  if (!groups.some(isMeant)) return text;
  return textOf(
    groups.flatMap((group) => {
      if (!isMeant(group)) return [group];
      const lines = group.lines.flatMap((line) => (isFor(line, type) ? withoutName(line, type, entry) : [line]));
      return lines.some((line) => line.trim() !== '') ? [{ ...group, lines }] : [];
    }),
  );
}

/** The line without a name, or no line when it held no other. */
function withoutName(line: string, type: string, entry: string): string[] {
  const others = entriesOf(line).filter((name) => name !== entry);
  return others.length === 0 ? [] : [`${type}=${others.join(';')};`];
}

function isFor(line: string, type: string): boolean {
  return line.includes('=') && line.slice(0, line.indexOf('=')).trim() === type;
}

function entriesOf(line: string): string[] {
  return line
    .slice(line.indexOf('=') + 1)
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function groupsOf(text: string): Group[] {
  const groups: { header: string; lines: string[] }[] = [{ header: '', lines: [] }];
  for (const line of text.split('\n')) {
    if (line.startsWith('[')) groups.push({ header: line.trim(), lines: [] });
    else groups.at(-1)?.lines.push(line);
  }
  return groups;
}

/** Without empty lines at its ends; empty when nothing is left. */
function textOf(groups: readonly Group[]): string {
  const lines = groups.flatMap(({ header, lines: inGroup }) => (header === '' ? inGroup : [header, ...inGroup]));
  const text = lines.join('\n').trim();
  return text === '' ? '' : `${text}\n`;
}
