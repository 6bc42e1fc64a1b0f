// What can be asked, as SQL, and the documentation of it: each says what it holds and by which rule. The rules are those
// of the folds that make the read models (libs/projections); a test compares. Columns of `events` are named as the fields
// of events, those of what is made of them have an underscore between words.

/** A name that can be asked. */
export interface View {
  readonly name: string;
  /** In a line. */
  readonly what: string;
  /** The query that it stands for; of a macro, as of the sequence `upto`. */
  readonly sql: string;
}

/** Beyond every sequence of a log. */
export const END = '9223372036854775807';

/** What is not between two types is not read at all: of a list of them every event is, to be looked at. */
const oneOf = (first: string, last: string): string =>
  `e.type in ('${first}', '${last}') and e.type between '${first}' and '${last}'`;

/** Of one value each. */
export const functions = `
-- The partition of a room in the log: FNV-1a of its name. People are erased in one partition after the other.
create macro partition_of(room) as list_reduce(
  list_transform(string_split(room, ''), lambda letter: ascii(letter)::BIGINT),
  lambda hash, letter: (xor(hash, letter) * 16777619) & 4294967295,
  2166136261::BIGINT) % 16;

-- What sort of room it is: global, clan or direct. user and partition are those of what is of no room.
create macro kind_of(room) as case when room like 'clan:%' then 'clan' when room like 'direct:%' then 'direct'
  when room like 'user:%' then 'user' when room like 'partition:%' then 'partition' else room end;
`;

const fencesAt = `
with erasures as (
  select userId as user_id, partition_of(room) as partition, max(seq) as seq
  from events where type = 'UserErased' and room like 'partition:%' and seq <= upto group by all
), places as (
  select distinct room, coalesce(sender_id, userId) as user_id from events
  where type in ('MessageCreated', 'ReactionAdded', 'ProfileChanged')
    and coalesce(sender_id, userId) in (select user_id from erasures)
)
select p.room, p.user_id, e.seq
from (select *, partition_of(room) as partition from places) p join erasures e using (user_id, partition)`;

const messagesAt = `
with chats as (
  -- A direct chat is opened once, and before anything is said in it.
  select room, min(seq) as opened, from_json(arg_min(users, seq), '["VARCHAR"]') as users
  from events where type = 'ChatCreated' and room like 'direct:%' and seq <= upto group by room
), said as (
  select e.seq, e.room, e.messageId, e.clientId,
    case e.sender_id when c.users[1] then c.users[2] when c.users[2] then c.users[1] end as receiver_id
  from events e left join chats c using (room)
  where e.type = 'MessageCreated' and e.seq <= upto and kind_of(e.room) not in ('user', 'partition')
    and (kind_of(e.room) <> 'direct' or (c.opened < e.seq and list_contains(c.users, e.sender_id)))
), sent_again as (
  select room, messageId, min(seq) as first from said group by all having count(*) > 1
), placed as (
  -- What was sent again under the id that its client gave it is there once, as it was first.
  select s.seq, s.receiver_id, row_number() over (partition by s.room order by s.seq) as n
  from said s left join sent_again a on a.room = s.room and a.messageId = s.messageId
  where s.clientId is null or a.first is null or a.first = s.seq
), altered as (
  -- The last edit counts, and the first deletion is final: what comes after it changes nothing.
  select s.seq as of, max(e.seq) filter (e.type = 'MessageEdited') as edit,
    arg_max({content: e.content, edited_at: e."at", erased: e.erased, sealed: e.sealed}, e.seq)
      filter (e.type = 'MessageEdited') as last,
    arg_min({deleted_at: e."at", deleted_by: e.userId}, e.seq) filter (e.type = 'MessageDeleted') as deletion
  from events e join said s on s.room = e.room and s.messageId = e.messageId and s.seq < e.seq
  where ${oneOf('MessageDeleted', 'MessageEdited')} and e.seq <= upto group by all
), changed as (
  -- Up to here without texts: what has to be sorted, and held, is small.
  select p.seq, p.n, p.receiver_id, c.deletion, c.edit, c.last from placed p left join altered c on c.of = p.seq
), texts as (
  -- What each says, and whether its person was erased after they said so.
  select s.seq, s.room, s.messageId, s.sender_id, s.sender_name, s."at", s.feeling, s.replyTo,
    c.receiver_id, c.n, c.deletion, c.last.edited_at as edited_at,
    coalesce(f.seq > s.seq, false) as is_name_erased,
    case when c.edit is null then s.content else c.last.content end as content,
    coalesce(c.last.erased, s.erased) or coalesce(f.seq > coalesce(c.edit, s.seq), false) as erased,
    coalesce(c.last.sealed, s.sealed) as sealed
  from events s join changed c on c.seq = s.seq
    left join fences_at(upto) f on f.room = s.room and f.user_id = s.sender_id
  where s.type = 'MessageCreated'
)
select room, kind_of(room) as kind, n, messageId as message_id,
  sender_id, case when not is_name_erased then sender_name end as sender_name, receiver_id, "at" as sent_at,
  case when not erased and deletion is null then content end as content,
  case when not is_name_erased and deletion is null then feeling end as feeling,
  replyTo as reply_to,
  case when deletion is null then edited_at end as edited_at,
  deletion is not null as deleted, deletion.deleted_at as deleted_at, deletion.deleted_by as deleted_by,
  erased, sealed and not erased as sealed, seq
from texts`;

/** @param messages as they were at the same time */
const reactionsTo = (messages: string, upto: string) => `
with targets as (
  -- With a message go the reactions to it.
  select room, n, message_id, seq from ${messages} where not deleted
), done as (
  select t.room, t.n, e.messageId as message_id, e.userId as user_id, e.userName as user_name, e.emoji,
    e."at" as reacted_at, e.type = 'ReactionAdded' as is_added, e.seq
  from events e join targets t on t.room = e.room and t.message_id = e.messageId and t.seq < e.seq
  where ${oneOf('ReactionAdded', 'ReactionRemoved')} and e.seq <= ${upto}
), latest as (
  -- A person has one reaction to a message: the last that they gave, until they take it back.
  select room, n, message_id, user_id, arg_max({user_name: user_name, emoji: emoji, reacted_at: reacted_at, is_added: is_added}, seq) as last, max(seq) as seq
  from done group by all
), crowded as (
  select room, n from done where is_added group by all having count(distinct user_id) > 500
), kept as (
  -- To one message 500 people may react at a time. Where it were more, one after the other is let in.
  select room, n, unnest(list_reduce(
    list([{user_id: user_id, seq: seq, is_added: is_added}] order by seq),
    lambda had, next: case
      when not next[1].is_added then list_filter(had, lambda one: one.user_id <> next[1].user_id)
      when list_contains(list_transform(had, lambda one: one.user_id), next[1].user_id)
        then list_transform(had, lambda one: case when one.user_id = next[1].user_id then next[1] else one end)
      when len(had) >= 500 then had
      else list_concat(had, next) end,
    list_filter([{user_id: '', seq: 0::BIGINT, is_added: true}], lambda one: false)), recursive := false) as one
  from done join crowded using (room, n) group by all
)
select l.room, l.n, l.message_id, l.user_id,
  case when f.seq is null or f.seq < l.seq then l.last.user_name end as user_name,
  l.last.emoji as emoji, l.last.reacted_at as reacted_at, l.seq
from latest l
  left join crowded c using (room, n)
  left join kept k on k.room = l.room and k.n = l.n and k.one.user_id = l.user_id and k.one.seq = l.seq
  left join fences_at(${upto}) f on f.room = l.room and f.user_id = l.user_id
where l.last.is_added and (c.n is null or k.n is not null)`;

const seen = `
with chats as (
  select room, from_json(arg_min(users, seq), '["VARCHAR"]') as users
  from events where type = 'ChatCreated' and room like 'direct:%' group by room
), marks as (
  -- Nobody has seen more than there was.
  select e.room, e.userId as user_id, least(e.n, m.n) as n, e."at" as seen_at, e.seq
  from (from events join chats using (room) where type = 'MessagesSeen' and list_contains(chats.users, userId)) e
    asof join (select room, n, seq from messages where kind = 'direct') m on m.room = e.room and m.seq < e.seq
), steps as (
  -- One that says no more than those before says nothing.
  select * from marks qualify n > coalesce(
    max(n) over (partition by room, user_id order by seq rows between unbounded preceding and 1 preceding), 0)
)
select room, user_id, n, seen_at, n = max(n) over (partition by room, user_id) as latest, seq from steps`;

const changes = `
with done as (
  select room, n, message_id, 'MessageCreated' as type, sender_id as user_id, sent_at as changed_at, seq from messages
  union all
  select e.room, m.n, m.message_id, e.type, e.userId, e."at", e.seq
  from events e join messages m on m.room = e.room and m.message_id = e.messageId and m.seq < e.seq
  where e.type in ('ReactionAdded', 'ReactionRemoved', 'MessageEdited', 'MessageDeleted')
)
-- Also what changes nothing counts.
select room, row_number() over (partition by room order by seq) as rev, n, message_id, type, user_id, changed_at, seq
from done`;

const blocks = `
with chats as (
  select room, min(seq) as opened, from_json(arg_min(users, seq), '["VARCHAR"]') as users
  from events where type = 'ChatCreated' and room like 'direct:%' group by room
), acts as (
  select e.room, e.type, e."by" as user_id, e."at", e.blockers, e.seq, c.users
  from events e join chats c on c.room = e.room and c.opened < e.seq
  where e.type in ('PersonBlocked', 'PersonUnblocked') and list_contains(c.users, e."by")
), latest as (
  -- The last one says who blocks the other.
  select room, any_value(users) as users, unnest(from_json(arg_max(blockers, seq), '["VARCHAR"]')) as user_id
  from acts group by room
), begun as (
  select room, user_id, max("at") as blocked_at, max(seq) as seq from acts where type = 'PersonBlocked' group by all
)
select l.room, l.user_id, case l.user_id when l.users[1] then l.users[2] else l.users[1] end as blocked_id,
  b.blocked_at, b.seq
from latest l join begun b using (room, user_id)`;

const rooms = `
select e.room, kind_of(e.room) as kind, min(e."at") as created_at, max(e."at") as last_active_at,
  coalesce(any_value(m.messages), 0) as messages, coalesce(any_value(m.people), 0) as people
from events e left join (
  select room, count(*) as messages, count(distinct sender_id) as people from messages group by room
) m using (room)
where kind_of(e.room) not in ('user', 'partition') group by e.room`;

const users = `
with acts as (
  select case when type = 'MessageCreated' then sender_id
      when type in ('ChatCreated', 'PersonBlocked', 'PersonUnblocked') then "by"
      else userId end as user_id,
    "at", seq, type in ('MemberJoined', 'MemberLeft', 'ProfileChanged') as is_told, type, name, clanId
  from events where type in ('MessageCreated', 'ReactionAdded', 'ReactionRemoved', 'MessageEdited', 'MessagesSeen',
    'ChatCreated', 'PersonBlocked', 'PersonUnblocked', 'MemberJoined', 'MemberLeft', 'ProfileChanged')
), people as (
  -- What the application told of somebody is none of their doing.
  select user_id, min("at") as first_seen_at, max("at") filter (not is_told) as last_active_at,
    arg_max({name: name, seq: seq}, seq) filter (type = 'ProfileChanged') as profile,
    arg_max({clan_id: case type when 'MemberJoined' then clanId end}, seq)
      filter (type in ('MemberJoined', 'MemberLeft')) as member
  from acts group by user_id
), said as (
  select sender_id as user_id, count(*) as messages, arg_max(sender_name, seq) as name from messages group by sender_id
)
-- A name is the one they were given last; of whom none was told, the one that they wrote under last.
select p.user_id,
  case when p.profile is null then s.name
    when f.seq is null or f.seq < p.profile.seq then p.profile.name end as name,
  p.member.clan_id as clan_id, p.first_seen_at, p.last_active_at, coalesce(s.messages, 0) as messages
from people p
  left join said s using (user_id)
  left join fences_at(${END}) f on f.room like 'user:%' and f.user_id = p.user_id`;

/** As of a sequence of the log: that event and everything before it. */
export const macros: readonly View[] = [
  { name: 'fences_at', what: 'up to where whose texts in a room are erased', sql: fencesAt },
  { name: 'messages_at', what: 'messages as they were at a sequence: messages_at(1234)', sql: messagesAt },
  {
    name: 'reactions_at',
    what: 'reactions as they were at a sequence: reactions_at(1234)',
    sql: reactionsTo('messages_at(upto)', 'upto'),
  },
];

/** As it is at the end of what there is. */
export const views: readonly View[] = [
  { name: 'messages', what: 'messages, with what was edited, deleted and erased', sql: `from messages_at(${END})` },
  { name: 'reactions', what: 'reactions that were not taken back', sql: reactionsTo('messages', END) },
  { name: 'seen', what: 'direct chats: who saw up to which message, and when', sql: seen },
  { name: 'changes', what: 'what happened to the messages of a room, one after the other', sql: changes },
  { name: 'blocks', what: 'direct chats: who blocks the other, and since when', sql: blocks },
  { name: 'rooms', what: 'rooms in which something happened', sql: rooms },
  { name: 'users', what: 'people, with their latest name and clan', sql: users },
];
