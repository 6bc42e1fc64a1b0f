import { expect, it, jest } from '@jest/globals';
import { Faults } from '../src/break-it/faults.js';

// When something is broken, and when it is mended: by what is asked of the parts.

const turn = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

function broken() {
  const part = () => ({ kill: jest.fn(), restart: jest.fn(() => Promise.resolve()) });
  const [projections, nats] = [part(), part()];
  const gateway = { ...part(), network: { cut: jest.fn(), mend: jest.fn() } };
  let endFlood: () => void = () => undefined;
  const flood = jest.fn(
    (_clan: string | null, _signal: AbortSignal) =>
      new Promise<string>(
        (resolve) =>
          (endFlood = () => {
            resolve('flooded');
          }),
      ),
  );
  const faults = new Faults({ projections, nats, flood, gateway: () => gateway as never });
  return {
    projections,
    nats,
    gateway,
    flood,
    faults,
    endFlood: () => {
      endFlood();
    },
  };
}

it('is broken once where it is asked for twice, and after that anew', async () => {
  const { faults, flood, endFlood } = broken();
  const first = faults.begin('flood', null);
  expect(faults.begin('flood', null)?.id).toBe(first?.id);
  await turn(200);
  expect([faults.all.length, flood.mock.calls.length]).toEqual([1, 1]);
  endFlood();
  await turn();
  expect(faults.all).toMatchObject([{ id: first?.id, said: 'flooded' }]);
  expect(faults.begin('flood', null)?.id).not.toBe(first?.id);
  const stopping = faults.stop();
  await turn();
  endFlood();
  await stopping;
});

it('is broken once who has asked for it is answered', async () => {
  const { faults, gateway } = broken();
  faults.begin('gateway', null);
  await turn();
  expect(gateway.kill).not.toHaveBeenCalled();
  await turn(200);
  expect(gateway.kill).toHaveBeenCalledTimes(1);
  await faults.stop();
});

it('is over once what is broken has ended: servers are there again, and nothing is started or broken any more', async () => {
  const { faults, projections, nats, flood, endFlood } = broken();
  for (const kind of ['projector', 'nats', 'flood'] as const) faults.begin(kind, null);
  await turn(200);
  let isOver = false;
  const stopping = faults.stop().then(() => (isOver = true));
  expect(faults.begin('network', null)).toBeNull();
  await turn();
  expect([isOver, nats.restart.mock.calls.length, projections.restart.mock.calls.length]).toEqual([false, 1, 0]);
  expect(flood).toHaveBeenCalledWith(null, expect.objectContaining({ aborted: true }));
  endFlood();
  await stopping;
});

it('says where it is not mended', async () => {
  const { faults, nats } = broken();
  nats.restart.mockRejectedValue(new Error('the port is taken'));
  faults.begin('nats', null);
  await turn(200);
  await faults.stop();
  expect(faults.all).toMatchObject([{ said: 'not mended: the port is taken' }]);
  expect(faults.all[0]!.until).not.toBeNull();
});
