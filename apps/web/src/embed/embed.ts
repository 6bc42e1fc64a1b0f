import { ParleyChat } from './parley-chat.js';

// What another page loads: `<script type="module" src="https://chat.example/embed.js">`.

if (!customElements.get('parley-chat')) customElements.define('parley-chat', ParleyChat);
