/** Entry of the strip above the tabs of a window. */
import '../common/tokens.css';
import '../common/page.css';
import './tabs.css';
import { startWindow } from '../common/start-window.tsx';
import { TabStrip } from './tab-strip.tsx';

void startWindow(() => <TabStrip />);
