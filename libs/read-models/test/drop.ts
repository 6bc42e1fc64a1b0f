import { MongoClient } from 'mongodb';

/** As an operator's hand would: the database, or one collection of it, is gone at once, while everything runs. */
export async function drop(url: string, database: string, collection?: string): Promise<void> {
  const client = new MongoClient(url);
  try {
    const db = client.db(database);
    await (collection === undefined ? db.dropDatabase() : db.dropCollection(collection));
  } finally {
    await client.close();
  }
}
