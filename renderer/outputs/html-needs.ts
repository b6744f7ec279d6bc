/** What a piece of HTML needs to look as it was meant to. Read in a document that is never shown and runs nothing. */

/**
 * `plain`: the sanitiser's selection of HTML shows it. `style`: it brings style sheets or drawings. `script`: it wants
 * to run something.
 */
export type HtmlNeeds = 'plain' | 'style' | 'script';

/** Nothing of the kind below can be in a text without one of these. */
const suspicious =
  /<(?:script|style|link|svg|math|iframe|object|embed|video|audio|canvas|form|meta|base)\b|\bon[a-z]+\s*=/i;

export function needsOf(html: string): HtmlNeeds {
  if (!suspicious.test(html)) return 'plain';
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  if (parsed.querySelector('script:not([type*="json" i]):not([type*="template" i])') !== null) return 'script';
  for (const node of parsed.querySelectorAll('*')) {
    for (const { name } of node.attributes) if (name.toLowerCase().startsWith('on')) return 'script';
  }
  // `<style scoped>` is what every pandas table brings along; its three rules stand in JupyterLab's own style sheet.
  const isStyled = parsed.querySelector(
    'style:not([scoped]), link, svg, math, iframe, object, embed, canvas, video, audio',
  );
  return isStyled === null ? 'plain' : 'style';
}
