/** Entry of the player window. JupyterLab's style sheets come first, ours last. */
import '../notebook/quiet.ts';
import '@jupyterlab/notebook/style/index.js';
import '@jupyterlab/mathjax-extension/style/base.css';
import '@jupyterlab/json-extension/style/base.css';
import '../common/tokens.css';
import '../common/scrollbars.css';
import '../common/components.css';
import '../outputs/outputs.css';
import '../notebook/notebook.css';
import './player.css';
import { startWindow } from '../common/start-window.tsx';
import { PlayerWindow } from './player-window.tsx';

void startWindow((context) => <PlayerWindow context={context} />, { jupyterLab: true });
