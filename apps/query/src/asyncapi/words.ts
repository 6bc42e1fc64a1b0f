import { CLOSE } from '#protocol';

// What the AsyncAPI document says in words.

const reconnect = { true: 'yes', false: 'no', 'after delay': 'after a delay' };

const closings = Object.values(CLOSE).map(
  (closing) => `| ${closing.code} | ${closing.reason} | ${reconnect[`${closing.reconnect}`]} |`,
);

export const documentWords = {
  title: 'Parley: the sockets',
  version: '1',
  description: `Rooms with clans and reactions on \`/ws/chat\`, direct chats on \`/ws\`: plain WebSocket, JSON text frames. A client
gets no frame that it did not ask for but those of its own endpoint's document; an \`id\` beside \`event\` and \`data\` asks
for an \`ack\` or a \`nack\`. Fields of a frame that are not named here are ignored, and clients ignore those of ours that
they do not know. What goes over HTTP is described at \`/api\`.

Where the server is set to \`ROOM_CHAT_DIALECT=altzone\`, as the shipped Altzone client needs it, \`newMessage\` and
\`newReaction\` come wrapped once more, as the \`message\` of an object with nothing else, and each connection of the room
chat begins with \`{"event":"ready","data":true}\`.

**How the server closes a connection**

| code | reason | come back? |
|---|---|---|
${closings.join('\n')}

The reason of 1012 goes on with the delay, such as \`: reconnect after 1234 ms\`; elsewhere 5 seconds will do.`,
};

export const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'The token in the header `Authorization`. Where it is there as well as in the address, the header counts.',
  },
  address: {
    type: 'httpApiKey',
    in: 'query',
    name: 'token',
    description: 'The same token in the address, for clients that can set no headers: browsers.',
  },
};

const token = { type: 'string', description: 'The JWT, where it does not stand in the header.' };
const headers = {
  type: 'object',
  properties: { Authorization: { type: 'string', description: '`Bearer <token>`' } },
};

const handshake = (properties: object, required: readonly string[] = []) => ({
  ws: { method: 'GET', query: { type: 'object', properties, required }, headers, bindingVersion: '0.1.0' },
});

export const roomWords = {
  title: 'Room chat',
  description:
    "The global room, and that of the user's clan: what is said there comes to every connection in it, the sender's too.",
  bindings: handshake({ token }),
};

export const directWords = {
  title: 'Direct chat',
  description:
    'Two people and their chat. Answers come in the order of the frames; a `response_message` comes when its message is ' +
    'there for everybody, on every connection of both people.',
  bindings: handshake(
    {
      token,
      userId: {
        type: 'string',
        pattern: '^(0|[1-9][0-9]{0,15})$',
        description: 'The user of the token, as a plain decimal number.',
      },
    },
    ['userId'],
  ),
};
