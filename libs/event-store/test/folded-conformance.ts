import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clanRoom, type DomainEvent, partitionOf, type Room } from '#domain';
import type { ConsumeOptions, EventLog, LogRecord, PartitionConsumer, Workers } from '../src/index.js';
import { contentOf, message } from './log-under-test.js';

/** What is asked of a log by whoever folds it. */
export interface FoldedLog extends Pick<EventLog, 'recordAt'> {
  readonly workers: Pick<Workers, keyof Workers>;
  consume(options: ConsumeOptions): Promise<Consumer>;
}

type Consumer = Pick<PartitionConsumer, 'ended' | 'next' | 'lag' | 'close'>;

/** A server that holds an empty log. */
export interface FoldedLogServer {
  connect(): Promise<FoldingClient>;
  /** Stores an event and answers its sequence. */
  append(event: DomainEvent): Promise<number>;
  /** Lets so much time go by. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export interface FoldingClient {
  readonly log: FoldedLog;
  lose(): Promise<void>;
  comeBack(): Promise<void>;
}

/** What every log must do, as it is asked by whoever folds it. */
export function describeFoldedLog(name: string, start: () => Promise<FoldedLogServer>): void {
  describe(`log that is folded: ${name}`, () => {
    let server: FoldedLogServer;
    let here: FoldingClient;
    let there: FoldingClient;
    const room = clanRoom('folded');
    const partition = partitionOf(room);

    beforeAll(async () => {
      server = await start();
      [here, there] = [await server.connect(), await server.connect()];
    });
    afterAll(() => server.stop());

    const prefix = `timeline-1-${partition}-e`;
    const from = (epoch: number, seq: number): ConsumeOptions => ({
      ...{ name: `${prefix}${epoch}`, deleteOthersWithPrefix: prefix, partition, from: seq },
    });
    let epoch = 0;
    /** Each by a take-over of its own. */
    const consume = (seq: number, client = here) => client.log.consume(from(++epoch, seq));
    const fill = async (contents: readonly string[], into: Room = room) => {
      const seqs: number[] = [];
      for (const content of contents) seqs.push(await server.append(message(into, content)));
      return seqs;
    };
    const take = async (consumer: Consumer, count: number) => {
      const records: LogRecord[] = [];
      while (records.length < count) {
        const batch = await consumer.next();
        if (typeof batch === 'string') throw new Error(`ended: ${batch}`);
        records.push(...batch);
      }
      return records;
    };
    const untilEnd = async (consumer: Consumer) => {
      for (;;) {
        const batch = await consumer.next();
        if (typeof batch === 'string') return batch;
      }
    };

    describe('a consumer', () => {
      it('delivers its partition in order, from where it starts on, and what comes later', async () => {
        const seqs = await fill(['a', 'b', 'c']);
        await fill(['elsewhere'], clanRoom('another'));
        const last = await fill(['d']);
        const consumer = await consume(seqs[1]!);
        expect(consumer.ended).toBeNull();
        const records = await take(consumer, 3);
        expect(records.map(({ seq }) => seq)).toEqual([seqs[1], seqs[2], last[0]]);
        expect(records.map(contentOf)).toEqual(['b', 'c', 'd']);
        expect(await here.log.recordAt(seqs[1]!)).toEqual(records[0]);
        const next = take(consumer, 1);
        await fill(['later']);
        expect((await next).map(contentOf)).toEqual(['later']);
        await consumer.close();
      });

      it('waits for a sequence that is not there yet', async () => {
        const [seq] = await fill(['before']);
        const consumer = await consume(seq! + 2);
        const next = take(consumer, 1);
        await fill(['too early', 'in time']);
        expect((await next).map(contentOf)).toEqual(['in time']);
        await consumer.close();
      });

      it('ends as deleted once another owner takes over, who begins at its own checkpoint', async () => {
        const seqs = await fill(['e', 'f', 'g']);
        const older = await consume(seqs[0]!);
        await take(older, 3);
        const waiting = untilEnd(older);
        const newer = await consume(seqs[1]!, there);
        expect(await waiting).toBe('deleted');
        expect(older.ended).toBe('deleted');
        expect(await older.next()).toBe('deleted');
        expect((await take(newer, 2)).map(contentOf)).toEqual(['f', 'g']);
        expect(newer.ended).toBeNull();
        await newer.close();
      });

      it('starts at `from` also where one of its name is there', async () => {
        const seqs = await fill(['h', 'i', 'j']);
        const first = await consume(seqs[0]!);
        await take(first, 3);
        await first.close();
        const again = await here.log.consume(from(epoch, seqs[1]!));
        expect((await take(again, 2)).map(contentOf)).toEqual(['i', 'j']);
        await again.close();
      });

      it('leaves those of other projections alone, and those of owners that came later', async () => {
        const [seq] = await fill(['k']);
        const foreign = await here.log.consume({
          ...from(1, seq!),
          ...{ name: `stats-1-${partition}-e1`, deleteOthersWithPrefix: `stats-1-${partition}-e` },
        });
        const newer = await there.log.consume(from(epoch + 2, seq!));
        const late = await here.log.consume(from(epoch + 1, seq!));
        epoch += 2;
        for (const consumer of [foreign, newer]) expect((await take(consumer, 1)).map(contentOf)).toEqual(['k']);
        await Promise.all([foreign, newer, late].map((consumer) => consumer.close()));
      });

      it('ends as closed where its owner closes it, and stays what it was that ended it', async () => {
        const consumer = await consume(1_000_000);
        const waiting = untilEnd(consumer);
        await consumer.close();
        expect(await waiting).toBe('closed');
        expect([consumer.ended, await consumer.next()]).toEqual(['closed', 'closed']);
      });

      it('ends as lost with the connection; another one goes on from anywhere', async () => {
        const [seq] = await fill(['l']);
        const consumer = await consume(seq!);
        await take(consumer, 1);
        const waiting = untilEnd(consumer);
        await here.lose();
        expect(await waiting).toBe('lost');
        expect(consumer.ended).toBe('lost');
        await here.comeBack();
        await consumer.close();
        expect(consumer.ended).toBe('lost');
        const again = await consume(seq!);
        expect((await take(again, 1)).map(contentOf)).toEqual(['l']);
        await again.close();
      });
    });

    describe('workers', () => {
      const group = 'timeline-1';

      it('are those that have beaten, in the order of their names, by group', async () => {
        await there.log.workers.beat(group, 'b 2');
        await here.log.workers.beat(group, 'a.1');
        await here.log.workers.beat('stats-1', 'c');
        expect(await here.log.workers.of(group)).toEqual(['a.1', 'b 2']);
        expect(await there.log.workers.of('stats-1')).toEqual(['c']);
        expect(await there.log.workers.of('nobody-1')).toEqual([]);
      });

      it('are gone once they leave, and all who listen are told', async () => {
        await Promise.all(['a', 'b'].map((worker) => here.log.workers.beat('leaving-1', worker)));
        const told: string[] = [];
        const heard = Promise.withResolvers<undefined>();
        const listening = there.log.workers.onAnnounced('leaving-1', () => {
          told.push('left');
          heard.resolve(undefined);
        });
        const others = there.log.workers.onAnnounced('stats-1', () => told.push('another group'));
        await there.log.workers.of('leaving-1');
        await here.log.workers.leave('leaving-1', 'a');
        expect(await there.log.workers.of('leaving-1')).toEqual(['b']);
        await heard.promise;
        listening.stop();
        others.stop();
        await there.log.workers.of('leaving-1');
        here.log.workers.announce('leaving-1');
        await here.log.workers.of('leaving-1');
        await there.log.workers.of('leaving-1');
        expect(told).toEqual(['left']);
      });

      it('are gone three seconds after their last beat', async () => {
        await here.log.workers.beat('silent-1', 'beats');
        await there.log.workers.beat('silent-1', 'is killed');
        // By the server's clock, which goes on while this process is kept from running.
        let [passed, present] = [0, ['beats', 'is killed']];
        while (present.includes('is killed')) {
          expect([present, passed < 4_500]).toEqual([['beats', 'is killed'], true]);
          await server.pass(500);
          passed += 500;
          await here.log.workers.beat('silent-1', 'beats');
          present = await here.log.workers.of('silent-1');
        }
        expect([present, passed > 2_000]).toEqual([['beats'], true]);
      });
    });
  });
}
