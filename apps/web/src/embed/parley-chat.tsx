import { render } from 'preact';
import type { Token } from '../chat/chat.js';
import chatStyles from '../chat/chat.css?inline';
import { Embedded } from './embedded.js';
import ownStyles from './embed.css?inline';

/** Where this file came from is where the chat is, unless the element says otherwise. */
const ORIGIN = new URL(import.meta.url).origin;

// Made by script and adopted: a page whose policy allows no inline styles allows these.
const styles = new CSSStyleSheet();
styles.replaceSync(chatStyles + ownStyles);

/** A chat in a page of another application: docs/embedding.md says what it takes and what it tells. */
export class ParleyChat extends HTMLElement {
  static readonly observedAttributes = ['room', 'token', 'server'];
  readonly #root = this.attachShadow({ mode: 'open' });
  #token: Token | null = null;

  /** The token of who chats, or what gives it, asked before each connection. The attribute, where this is null. */
  get token(): Token | null {
    return this.#token ?? this.getAttribute('token');
  }

  set token(token: Token | null) {
    this.#token = token;
    this.#show();
  }

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [styles];
    // A page may have given it before this file was there; then it lies before the accessor.
    if (Object.hasOwn(this, 'token')) {
      const { token } = this;
      delete (this as { token?: Token | null }).token;
      this.#token = token;
    }
    this.#show();
  }

  /** Its connections end with it. */
  disconnectedCallback(): void {
    render(null, this.#root);
  }

  attributeChangedCallback(): void {
    this.#show();
  }

  #show(): void {
    if (!this.isConnected) return;
    render(
      <Embedded
        server={this.getAttribute('server') ?? ORIGIN}
        room={this.getAttribute('room') ?? ''}
        token={this.token}
        onTell={this.#tell}
      />,
      this.#root,
    );
  }

  readonly #tell = (type: string, detail: unknown): void => {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  };
}
