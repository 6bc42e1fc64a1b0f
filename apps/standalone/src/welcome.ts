import open from 'open';
import { signDevelopmentToken } from '#platform';

const WEEK_S = 7 * 24 * 3_600;

const BEGINNERS = [
  { userId: '7', name: 'Ada' },
  { userId: '8', name: 'Bob' },
];

/** Where a system that has started is reached, as base addresses. */
export interface Addresses {
  readonly gateways: readonly string[];
  readonly http: string;
}

/**
 * What is printed once people may be let in.
 * @param secret the one that was made for development; without it whoever signs the tokens gives them out
 */
export function welcome({ gateways, http }: Addresses, dataFolder: string, secret: string | undefined): string[] {
  const lines = [
    '',
    `Parley is running. Ctrl-C ends it; what was said stays in ${dataFolder}.`,
    `  rooms    ${gateways.map((address) => `${address}/ws/chat`).join('  ')}`,
    `  direct   ${gateways.map((address) => `${address}/ws`).join('  ')}`,
    `  HTTP     ${http}/api`,
    '',
  ];
  if (secret === undefined) {
    return [
      ...lines,
      `To chat, with a token of yours: ${http}/#token=TOKEN`,
      `In a terminal: npm run --silent chat -- TOKEN ${gateways[0]}`,
    ];
  }
  const tokens = BEGINNERS.map((person) => signDevelopmentToken(secret, { ...person, clanId: '3', seconds: WEEK_S }));
  return [
    ...lines,
    ...BEGINNERS.map(
      ({ userId, name }, i) => `A token for ${name} (user ${userId}, clan 3), for a week:\n${tokens[i]}`,
    ),
    '',
    'To chat in terminals, paste one of these lines into each of two more:',
    ...tokens.map((token) => `npm run --silent chat -- ${token} ${gateways[0]}`),
    '',
    `To chat in a browser, as Ada with Bob beside her:  ${pageOf(http)}`,
  ];
}

/** The page as it is looked at first. */
export const pageOf = (http: string): string => `${http}/#as=7&beside=8`;

/** Whether somebody sits before this terminal, at a desktop, and has not said `BROWSER=none`. */
export const isWanted = (browser: string, env: NodeJS.ProcessEnv, isTerminal: boolean, platform: string): boolean =>
  browser !== 'none' &&
  isTerminal &&
  !env['CI'] &&
  (platform !== 'linux' || Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']));

/** Opens the page in the browser of the desktop. Where that does not come about, the address was printed all the same. */
export async function openPage(address: string): Promise<void> {
  await open(address).catch(() => undefined);
}
