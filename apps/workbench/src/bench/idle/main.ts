import { once } from 'node:events';
import { Crowd } from '../load/crowd.js';
import type { CrowdPlan } from '../load/plan.js';
import type { IdleNews } from './idlers.js';

// A group of people who say nothing, a process of its own. They are answered by nothing, and answer pings.

const tell = (news: IdleNews): void => {
  process.send!(news);
};

process.on('disconnect', () => process.exit());
const [plan] = (await once(process, 'message')) as [CrowdPlan];
const crowd = new Crowd(plan, {
  told: () => undefined,
  closed: (client, code) => {
    tell({ fault: `client ${client} was disconnected with ${code}` });
  },
});
await crowd.connect().then(
  () => {
    tell({ connected: true });
  },
  (error: unknown) => {
    tell({ fault: (error as Error).message });
  },
);
