/** Entry of the Home window. */
import '../common/tokens.css';
import '../common/page.css';
import '../common/scrollbars.css';
import '../common/components.css';
import './home.css';
import { startWindow } from '../common/start-window.tsx';
import { HomeApp } from './home-app.tsx';

void startWindow((context) => <HomeApp context={context} />);
