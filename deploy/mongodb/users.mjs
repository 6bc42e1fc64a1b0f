// Gives each role its user at MongoDB: only the projector, and chatctl while it rebuilds, may write. Safe to run again: a user that is there keeps its
// rights and gets the password anew, so that a changed one takes effect. MONGODB_URL is that of the root user.
import { MongoClient } from 'mongodb';

const { MONGODB_URL = '', MONGODB_DATABASE: db = 'parley' } = process.env;
const users = [
  { user: 'gateway', pwd: process.env.MONGODB_GATEWAY_PASSWORD, roles: [{ role: 'read', db }] },
  { user: 'projector', pwd: process.env.MONGODB_PROJECTOR_PASSWORD, roles: [{ role: 'readWrite', db }] },
  { user: 'query', pwd: process.env.MONGODB_QUERY_PASSWORD, roles: [{ role: 'read', db }] },
  { user: 'chatctl', pwd: process.env.MONGODB_CHATCTL_PASSWORD, roles: [{ role: 'readWrite', db }] },
];

const client = new MongoClient(MONGODB_URL, { serverSelectionTimeoutMS: 30_000 });
try {
  const admin = client.db('admin');
  for (const { user, pwd, roles } of users) {
    if (!pwd) throw new Error(`MONGODB_${user.toUpperCase()}_PASSWORD is not set`);
    const { users: found = [] } = await admin.command({ usersInfo: user });
    if (found.length === 0) await admin.command({ createUser: user, pwd, roles });
    else await admin.command({ updateUser: user, pwd });
    console.log(`${user}: ${found.length === 0 ? 'made' : 'password set'}`);
  }
} catch (error) {
  // Whoever waits for this to end well does not wait for a second try: the time to wait for the server is above.
  console.error(`The users at MongoDB could not be set up: ${error.message}`);
  process.exitCode = 1;
} finally {
  await client.close();
}
