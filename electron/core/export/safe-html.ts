/**
 * Outputs as parts of a page that runs nobody's code: text, images as data, and HTML of which only harmless elements
 * are left. Every output is hostile, whatever made it.
 */
/// <reference path="./sanitize-html.d.ts" />
import { marked } from 'marked';
import sanitizeHtml from 'sanitize-html';
import { errorText, isObject, joinedText, type JsonObject, objectOrEmpty } from '../../../shared/outputs/json.ts';

/** How the page shows a part: as text (colours by escape sequences), as clean HTML, as an image. */
export type PagePart =
  | { readonly t: 'text' | 'error' | 'note'; readonly n?: string; readonly x: string }
  | { readonly t: 'html'; readonly x: string }
  | { readonly t: 'image'; readonly x: string; readonly alt: string };

/** HTML and markdown longer than this are shown as text: cleaning them would take long, reading them longer. */
const markupCharactersMax = 500_000;

const tags = [
  ...[
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'p',
    'div',
    'span',
    'br',
    'hr',
    'pre',
    'code',
    'blockquote',
    'ul',
    'ol',
    'li',
  ],
  ...[
    'dl',
    'dt',
    'dd',
    'a',
    'b',
    'strong',
    'i',
    'em',
    'u',
    's',
    'del',
    'ins',
    'sub',
    'sup',
    'small',
    'mark',
    'kbd',
    'var',
  ],
  ...['table', 'caption', 'colgroup', 'col', 'thead', 'tbody', 'tfoot', 'tr', 'th', 'td', 'img', 'details', 'summary'],
  ...['figure', 'figcaption', 'abbr', 'cite', 'q', 'samp', 'time'],
];

const color = /^(?:#[0-9a-f]{3,8}|[a-z]{3,20}|rgba?\([\d\s.,%]{1,40}\))$/i;
const measure = /^-?[\d.]{1,8}(?:px|em|rem|%|pt|ch)?$/;

const styles = {
  color: [color],
  'background-color': [color],
  'text-align': [/^(?:left|right|center|justify)$/],
  'font-weight': [/^(?:bold|normal|\d{3})$/],
  'font-style': [/^(?:italic|normal)$/],
  width: [measure],
  'max-width': [measure],
  'padding-left': [measure],
  'vertical-align': [/^(?:top|middle|bottom|baseline)$/],
} as const;

function clean(markup: string, attachments: JsonObject = {}): string {
  return sanitizeHtml(markup, {
    allowedTags: tags,
    allowedAttributes: {
      '*': ['style', 'title'],
      a: ['href', 'rel', 'target'],
      img: ['src', 'alt', 'width', 'height'],
      td: ['colspan', 'rowspan', 'align'],
      th: ['colspan', 'rowspan', 'align', 'scope'],
      ol: ['start'],
      details: ['open'],
      table: ['border'],
    },
    allowedStyles: { '*': styles },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['data'] },
    allowProtocolRelative: false,
    nestingLimit: 200,
    transformTags: {
      a: (tagName, attribs) => ({ tagName, attribs: { ...attribs, rel: 'noopener noreferrer', target: '_blank' } }),
      img: (tagName, attribs) => ({
        tagName,
        attribs: { ...attribs, src: imageSource(attribs.src ?? '', attachments) },
      }),
    },
  });
}

/** Only images that travel with the page: others would tell somebody that it was opened. */
function imageSource(source: string, attachments: JsonObject): string {
  const name = source.startsWith('attachment:') ? source.slice('attachment:'.length) : null;
  if (name === null) {
    return /^data:image\/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]+$/.test(source) ? source : '';
  }
  const bundle = objectOrEmpty(attachments[decodeURIComponentSafely(name)]);
  for (const [mime, data] of Object.entries(bundle)) {
    const url = imageUrl(mime, joinedText(data));
    if (url !== null) {
      return url;
    }
  }
  return '';
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const bitmaps: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** As an image a vector graphic runs no script and loads nothing. */
function imageUrl(mime: string, data: string | undefined): string | null {
  if (data === undefined) {
    return null;
  }
  if (mime === 'image/svg+xml') {
    return `data:image/svg+xml;base64,${Buffer.from(data).toString('base64')}`;
  }
  const packed = data.replace(/\s+/g, '');
  return bitmaps.has(mime) && /^[A-Za-z0-9+/]+=*$/.test(packed) ? `data:${mime};base64,${packed}` : null;
}

export function markdownHtml(source: string, attachments: JsonObject): string | null {
  if (source.length > markupCharactersMax) {
    return null;
  }
  try {
    return clean(marked.parse(source, { async: false, gfm: true }), attachments);
  } catch {
    return null;
  }
}

const needsScript = /<(?:script|iframe|object|embed)\b/i;

function bundlePart(data: JsonObject): PagePart {
  const text = (mime: string): string | undefined => joinedText(data[mime]);
  const plain = text('text/plain');
  for (const mime of [...bitmaps, 'image/svg+xml']) {
    const url = imageUrl(mime, text(mime));
    if (url !== null) {
      return { t: 'image', x: url, alt: (plain ?? 'image').slice(0, 200) };
    }
  }
  const html = text('text/html');
  if (html !== undefined && html.length <= markupCharactersMax) {
    if (!needsScript.test(html)) {
      return { t: 'html', x: clean(html) };
    }
    return {
      t: 'note',
      x: `${plain ?? ''}\nThis output needs scripts. Open the journal in Nightjar to see it.`.trim(),
    };
  }
  const markdown = text('text/markdown');
  const rendered = markdown === undefined ? null : markdownHtml(markdown, {});
  if (rendered !== null) {
    return { t: 'html', x: rendered };
  }
  const shown = plain ?? text('text/latex') ?? text('text/html');
  if (shown !== undefined) {
    return { t: 'text', x: shown };
  }
  const json = data['application/json'];
  return json === undefined
    ? {
        t: 'note',
        x: `An output of type ${Object.keys(data).join(', ') || 'unknown'}. Open the journal in Nightjar to see it.`,
      }
    : { t: 'text', x: JSON.stringify(json, null, 2) };
}

export function partOf(output: unknown): PagePart {
  const shown = objectOrEmpty(output);
  const { output_type: type, name, text, data } = shown;
  if (type === 'stream') {
    return { t: 'text', n: name === 'stderr' ? 'stderr' : 'stdout', x: joinedText(text) ?? '' };
  }
  if (type === 'error') {
    return { t: 'error', x: errorText(shown) };
  }
  return bundlePart(isObject(data) ? data : {});
}
