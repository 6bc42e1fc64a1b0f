import { render } from 'preact';
import { Page } from './page.js';
import './chat/chat.css';
import './style.css';

render(<Page />, document.getElementById('page')!);
