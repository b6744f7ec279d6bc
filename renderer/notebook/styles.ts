/**
 * The window's style sheets, in the order in which they may override each other: JupyterLab's first, ours last.
 */
import '@jupyterlab/notebook/style/index.js';
import '@jupyterlab/completer/style/index.js';
import '@jupyterlab/documentsearch/style/index.js';
import '@jupyterlab/mathjax-extension/style/base.css';
import '@jupyterlab/json-extension/style/base.css';
import '../common/tokens.css';
import '../common/scrollbars.css';
import '../outputs/outputs.css';
import './notebook.css';
import './frame.css';
import './panels.css';
import './dialogs.css';
