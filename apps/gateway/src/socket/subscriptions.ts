import { Inject, Injectable } from '@nestjs/common';
import type { Topic } from '#protocol';
import type { Done } from '../commands/command.js';
import { Hub } from '../feeds/hub.js';
import { Presence } from '../presence/presence.js';
import type { Session } from './session.js';

/** What connections have asked to be told of beside messages. */
@Injectable()
export class Subscriptions {
  constructor(
    @Inject(Hub) private readonly hub: Pick<Hub, 'person'>,
    @Inject(Presence) private readonly presence: Pick<Presence, 'watch' | 'unwatch'>,
  ) {}

  /** This from now on, and nothing else. */
  set(session: Session, to: readonly Topic[]): Done {
    // What comes with the end of a connection may be handled after it: nobody would take it back.
    if (!session.isOpen) return { ack: {} };
    session.topics = new Set(to);
    const feed = this.hub.person(session.person.userId);
    feed?.topicsChanged(session);
    if (feed && session.topics.has('presence')) this.presence.watch(session, () => feed.partners);
    else this.presence.unwatch(session);
    return { ack: {} };
  }
}
