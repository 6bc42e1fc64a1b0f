/** The part of deploy/nats/nats-server.conf that says who may do what: what the chart of NATS is given. */
export function usersOf(config: string): string {
  const from = config.indexOf('\nauthorization {');
  if (from < 0) throw new Error('there is no `authorization` in the configuration of NATS');
  return `# Made by \`npm run docs\` of deploy/nats/nats-server.conf.\n${config.slice(from + 1)}`;
}
