import { beforeEach, describe, expect, it } from '@jest/globals';
import { decodeRecord } from '#event-store';
import { recordedMembership, recordedProfile } from '../src/feeds/recorded-claims.js';
import { ChatInMemory } from './chat-in-memory.js';

let chat: ChatInMemory;
beforeEach(async () => {
  chat = await ChatInMemory.start();
});

const recorder = () => ({ log: chat.log, newKey: chat.nextKey });
const events = () => chat.server.records.map((record) => decodeRecord(record));
const eraseAll = () => {
  for (const [i, record] of chat.server.records.entries()) chat.server.records[i] = { ...record, erased: true };
};

describe('the clan that a token claims', () => {
  it('is recorded where the log knows of none yet, once', async () => {
    const joined = { type: 'MemberJoined', userId: 'ada', clanId: '7', leftClanId: null };
    for (let i = 0; i < 2; i++) {
      expect(await recordedMembership(recorder(), 'ada', { clanId: '7' })).toMatchObject({ ...joined, seq: 1 });
    }
    expect(events()).toMatchObject([joined]);
  });

  it('is nothing against what the log says, also where that is that they left', async () => {
    chat.move('ada', '3');
    expect(await recordedMembership(recorder(), 'ada', { clanId: '7' })).toMatchObject({ clanId: '3', seq: 1 });
    chat.move('ada', null, { clanId: '3' });
    expect(await recordedMembership(recorder(), 'ada', { clanId: '7' })).toMatchObject({ type: 'MemberLeft', seq: 2 });
    expect(events()).toHaveLength(2);
  });

  it('is what the log says where none is claimed, and nothing is recorded', async () => {
    expect(await recordedMembership(recorder(), 'ada', {})).toBeNull();
    chat.move('ada', '3');
    chat.rename('ada', 'Ada');
    expect(await recordedMembership(recorder(), 'ada', {})).toMatchObject({ clanId: '3', seq: 1 });
    expect(events()).toHaveLength(2);
  });
});

describe('the name that a token claims', () => {
  it('is recorded where the log knows of none yet, with the avatar if there is one', async () => {
    for (let i = 0; i < 2; i++) {
      expect(await recordedProfile(recorder(), 'ada', { name: 'Ada' })).toMatchObject({ name: 'Ada', avatar: null });
    }
    expect(await recordedProfile(recorder(), 'bob', { name: 'Bob', avatar: '{}' })).toMatchObject({ avatar: '{}' });
    expect(events()).toMatchObject([
      { type: 'ProfileChanged', userId: 'ada', name: 'Ada' },
      { userId: 'bob', avatar: '{}' },
    ]);
  });

  it('is nothing against what the log says, and that is all where none is claimed', async () => {
    expect(await recordedProfile(recorder(), 'ada', {})).toBeNull();
    chat.rename('ada', 'Ada Lovelace');
    chat.move('ada', '3');
    for (const claims of [{ name: 'Ada' }, {}]) {
      expect(await recordedProfile(recorder(), 'ada', claims)).toMatchObject({ name: 'Ada Lovelace', seq: 1 });
    }
    expect(events()).toHaveLength(2);
  });

  it('of somebody who was erased is that of who has the id now', async () => {
    chat.rename('ada', 'Ada');
    eraseAll();
    expect(await recordedProfile(recorder(), 'ada', {})).toBeNull();
    expect(await recordedProfile(recorder(), 'ada', { name: 'Another' })).toMatchObject({ name: 'Another', seq: 2 });
  });
});
