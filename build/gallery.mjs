// `npm run gallery [-- light-large …]`: prepares what the pictures need, bundles the program in `e2e/gallery`, and runs
// it against the built app. The pictures lie in `.out/gallery`; nothing is compared, somebody looks at them.

import { runAsScript } from './common.mjs';
import { runBesideApp } from './programs.mjs';

await runAsScript(import.meta.url, (args) => runBesideApp('gallery', ['main'], args));
