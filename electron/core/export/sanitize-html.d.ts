/** What is used of `sanitize-html`, which comes without types. */
declare module 'sanitize-html' {
  interface Tag {
    tagName: string;
    attribs: Record<string, string>;
  }
  interface Options {
    allowedTags?: readonly string[];
    allowedAttributes?: Readonly<Record<string, readonly string[]>>;
    allowedClasses?: Readonly<Record<string, readonly string[]>>;
    allowedStyles?: Readonly<Record<string, Readonly<Record<string, readonly RegExp[]>>>>;
    allowedSchemes?: readonly string[];
    allowedSchemesByTag?: Readonly<Record<string, readonly string[]>>;
    allowProtocolRelative?: boolean;
    disallowedTagsMode?: 'discard' | 'escape';
    transformTags?: Readonly<Record<string, (tagName: string, attribs: Record<string, string>) => Tag>>;
    nestingLimit?: number;
  }
  export default function sanitizeHtml(dirty: string, options?: Options): string;
}
