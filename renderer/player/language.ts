/** The language of a notebook's code at a moment. Pure. */

/**
 * A notebook that was never saved with a kernel has no `language_info` yet, or one without a name: its kernel's language
 * stands in for it, so that code looks the same at every moment.
 */
export function withLanguage(metadata: Record<string, unknown>, kernelName: string | null): Record<string, unknown> {
  const { kernelspec, language_info: info } = metadata;
  if (nameIn(info, 'name') !== null) return metadata;
  // Kernels are mostly named after their language, with a version behind it: python3, julia-1.11.
  const language = nameIn(kernelspec, 'language') ?? /^[a-z]+/.exec(kernelName ?? '')?.[0];
  return language === undefined ? metadata : { ...metadata, language_info: { name: language } };
}

function nameIn(value: unknown, key: string): string | null {
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : null;
  return typeof name === 'string' && name !== '' ? name.toLowerCase() : null;
}
