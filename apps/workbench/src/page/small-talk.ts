import { DirectChat, RoomChat } from '#client';

/** Who is seen in the pictures. */
export const CAST = [
  { id: '7', name: 'Ada', clan: 'Otters' },
  { id: '8', name: 'Bob', clan: 'Otters' },
  { id: '9', name: 'Cleo', clan: 'Otters' },
  { id: '10', name: 'Deniz', clan: 'Otters' },
] as const;

type Name = (typeof CAST)[number]['name'];

interface Line {
  readonly by: Name;
  readonly text: string;
  readonly feeling?: string;
  /** The line, counted from 0, that it is a reply to. */
  readonly replyTo?: number;
}

/** What the clan says before the first picture. */
const FIRST: readonly Line[] = [
  { by: 'Cleo', text: 'The river temple opens at eight. Who is in?', feeling: 'happy' },
  { by: 'Bob', text: 'Me! I still owe you all for last time.' },
  { by: 'Ada', text: 'In. I have the map from yesterday, the whole second floor is on it.' },
  { by: 'Ada', text: 'Somebody wrote down the puzzle too: https://example.org/river-temple/puzzle' },
  { by: 'Deniz', text: 'I can be there at half past. Start without me, I know the way.', replyTo: 0 },
  { by: 'Bob', text: 'We will leave the boss to you then 😄', replyTo: 4 },
  { by: 'Cleo', text: 'Three torches each this time. Please.', feeling: 'tired' },
];

/** And while the log is looked at. */
const THEN: readonly Line[] = [
  { by: 'Deniz', text: 'Found a shortcut. I am early!', feeling: 'surprised' },
  { by: 'Ada', text: 'Torches packed. See you at the gate.' },
  { by: 'Bob', text: 'On my way.' },
];

interface Player {
  readonly id: string;
  readonly rooms: RoomChat;
  readonly direct: DirectChat;
}

/** A few people who talk in a clan, always the same, on a server that gives out tokens itself. */
export class SmallTalk {
  private constructor(private readonly players: ReadonlyMap<Name, Player>) {}

  /** @param url where the server is */
  static async begin(url: string): Promise<SmallTalk> {
    const players = new Map<Name, Player>();
    for (const { id, name, clan } of CAST) {
      const answer = await fetch(`${url}/development/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ userId: Number(id), name, clanId: clan }),
      });
      const { token } = (await answer.json()) as { readonly token: string };
      const player = { id, rooms: new RoomChat({ url, token }).connect(), direct: new DirectChat({ url, token }) };
      players.set(name, { ...player, direct: player.direct.connect() });
    }
    return new SmallTalk(players);
  }

  private readonly then = [...THEN];

  /** All that was said before somebody looks. */
  async first(): Promise<void> {
    const { rooms } = this.of('Bob');
    await rooms.send('global', 'Good evening, everybody.');
    const ids = await this.say(FIRST);
    for (const [name, line, emoji] of [
      ['Ada', 0, '👍'],
      ['Bob', 0, '👍'],
      ['Deniz', 0, '🎉'],
      ['Cleo', 2, '❤️'],
      ['Ada', 5, '😂'],
      ['Cleo', 5, '😂'],
      ['Bob', 6, '😢'],
    ] as const) {
      await this.of(name).rooms.react('clan', ids[line]!, emoji);
    }
    await this.write('Bob', 'Ada', 'Did you keep the blue key?');
    await this.write('Ada', 'Bob', 'It is in the chest by the door.');
    await this.write('Cleo', 'Ada', 'Can you bring a spare shield?');
    await this.write('Cleo', 'Ada', 'Mine broke at the bridge.');
  }

  /** One line more, as long as there are some. */
  async goOn(): Promise<void> {
    await this.say(this.then.splice(0, 1));
  }

  /** Something elsewhere, so that there is something to fold. */
  async hum(): Promise<void> {
    await this.of('Deniz').rooms.send('global', 'Anybody else for the river temple?');
  }

  /** Somebody types, until {@link end}; others see that for five seconds after each call. */
  typing(name: Name): void {
    this.of(name).rooms.typing('clan');
  }

  end(): void {
    for (const { rooms, direct } of this.players.values()) {
      rooms.disconnect();
      direct.disconnect();
    }
  }

  private of(name: Name): Player {
    return this.players.get(name)!;
  }

  private async say(lines: readonly Line[]): Promise<readonly string[]> {
    const ids: string[] = [];
    for (const { by, text, feeling, replyTo } of lines) {
      const options = { ...(feeling && { feeling }), ...(replyTo !== undefined && { replyTo: ids[replyTo]! }) };
      ids.push(await this.of(by).rooms.send('clan', text, options));
    }
    return ids;
  }

  private async write(by: Name, to: Name, text: string): Promise<void> {
    const { direct } = this.of(by);
    await direct.send(await direct.open(Number(this.of(to).id)), text);
  }
}
