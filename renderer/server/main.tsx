/** Entry of the server window. */
import '../common/tokens.css';
import '../common/page.css';
import '../common/scrollbars.css';
import '../common/components.css';
import './server.css';
import { startWindow } from '../common/start-window.tsx';
import { ServerWindow } from './server-window.tsx';

void startWindow((context) => <ServerWindow context={context} />);
