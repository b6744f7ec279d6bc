/** Entry of the settings window. */
import '../common/tokens.css';
import '../common/page.css';
import '../common/scrollbars.css';
import '../common/components.css';
import './settings.css';
import { startWindow } from '../common/start-window.tsx';
import { SettingsApp } from './settings-app.tsx';

void startWindow((context) => <SettingsApp context={context} />);
