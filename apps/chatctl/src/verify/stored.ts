import { ABOVE_ALL, type Document, type DocumentStore } from '#read-models';

/** Documents fetched at a time. */
const PAGE = 1_000;

/** All documents of a collection, in the order of `_id`, a page at a time. */
export async function* pagesOf(store: DocumentStore, collection: string): AsyncGenerator<Document[], void> {
  for (let from = ''; ;) {
    const page = await store.range(collection, { from, to: ABOVE_ALL, limit: PAGE });
    // A page begins with the last one of the page before, since a range includes where it begins.
    const fresh = page.filter(({ _id }) => _id !== from);
    if (fresh.length > 0) yield fresh;
    if (page.length < PAGE) return;
    from = page.at(-1)!._id;
  }
}

/** All at once, of a store in memory, by `_id`. */
export async function allOf(store: DocumentStore, collection: string): Promise<Map<string, Document>> {
  const documents = await store.range(collection, { from: '', to: ABOVE_ALL, limit: Infinity });
  return new Map(documents.map((document) => [document._id, document]));
}
