// What the renderer bundle gives to imports that are not scripts: a style sheet is imported for its effect, an SVG
// as its source text (JupyterLab's icons parse that text), a font as the address of the emitted file.

declare module '*.css' {}

declare module '*.svg' {
  const source: string;
  export default source;
}

declare module '*.woff2' {
  const address: string;
  export default address;
}
