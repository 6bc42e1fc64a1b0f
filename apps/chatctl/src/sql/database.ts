import type { FileFormat } from '../export/file-name.js';
import { type Connection, type Duckdb, inJson, loadDuckdb, type Result } from './duckdb.js';
import { eventsOf, filesAsTable, quotedName, quotedText } from './events.js';
import { explained, StatementFailed } from './statement-failed.js';
import { functions, macros, views } from './views.js';

/** What may be run. All that reads or writes files is refused, and what could be one of these in other words. */
const ALLOWED = new Set([
  'SELECT',
  'EXPLAIN',
  'CREATE',
  'INSERT',
  'UPDATE',
  'DELETE',
  'DROP',
  'ALTER',
  'SET',
  'TRANSACTION',
]);
const WRITES = /\b(?:copy|export|attach)\b/i;

export interface ExportFiles {
  readonly format: FileFormat;
  /** In the order of the log. */
  readonly paths: readonly string[];
}

/** An export as a database in memory: it can read the files of that export, and nothing else of this machine. */
export class Database {
  /** Of those that are asked again and again a table is made when one is asked first. */
  private readonly pending = new Map(views.map((view) => [view.name, view]));

  private constructor(
    private readonly duckdb: Duckdb,
    private readonly connection: Connection,
    private readonly release: () => void,
  ) {}

  /**
   * @param folder a folder of its own, for what does not fit into memory and for results that become files
   * @throws Missing, StatementFailed where the files are not what they are called
   */
  static async open({ paths, format }: ExportFiles, folder: string): Promise<Database> {
    const duckdb = await loadDuckdb();
    const instance = await duckdb.DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const release = () => {
      connection.closeSync();
      instance.closeSync();
    };
    try {
      // The metadata of files that never change is read once.
      await connection.run("set TimeZone = 'UTC'; set parquet_metadata_cache = true;");
      const described = await connection.run(`describe from ${filesAsTable(paths, format)}`);
      const columns = (await described.getRows()).map(([name]) => name as string);
      await connection.run(`create view events as ${eventsOf(paths, format, columns)}`);
      await connection.run(functions);
      for (const { name, sql } of macros) await connection.run(`create macro ${name}(upto) as table ${sql}`);
      for (const { name, sql } of views) await connection.run(`create view ${name} as ${sql}`);
      await lock(connection, paths, folder);
      return new Database(duckdb, connection, release);
    } catch (error) {
      release();
      throw explained(error, '');
    }
  }

  /** Runs the statements of a text one after the other, and hands out what each answers. @throws StatementFailed */
  async *run(text: string): AsyncGenerator<Result, void> {
    try {
      const statements = await this.connection.extractStatements(text);
      for (let i = 0; i < statements.count; i++) {
        await this.makeTables(text);
        const statement = await statements.prepare(i);
        const type = this.duckdb.StatementType[statement.statementType] ?? '';
        if (!ALLOWED.has(type) || (type === 'EXPLAIN' && WRITES.test(text))) throw refused(type);
        yield await statement.stream();
      }
    } catch (error) {
      throw explained(error, text);
    }
  }

  /** All that a query answers, as objects. @throws StatementFailed */
  async rows<T>(query: string): Promise<T[]> {
    const rows: T[] = [];
    for await (const result of this.run(query)) {
      const names = result.columnNames();
      for await (const some of result.yieldRows()) {
        for (const row of some) {
          rows.push(Object.fromEntries(names.map((name, i) => [name, inJson(row[i]!, this.duckdb)])) as T);
        }
      }
    }
    return rows;
  }

  /** Writes what one query answers into a Parquet file in the folder of the database. @throws StatementFailed */
  async writeParquet(query: string, path: string): Promise<void> {
    try {
      const statements = await this.connection.extractStatements(query);
      await this.makeTables(query);
      const type = statements.count === 1 && this.duckdb.StatementType[(await statements.prepare(0)).statementType];
      if (type !== 'SELECT') throw new StatementFailed('--format parquet takes one query, which answers rows');
      const inner = query.trimEnd().replace(/;+$/, '');
      await this.connection.run(`copy (\n${inner}\n) to ${quotedText(path)} (format parquet, compression zstd)`);
    } catch (error) {
      throw explained(error, query);
    }
  }

  /** What is running ends, as failed. */
  interrupt(): void {
    this.connection.interrupt();
  }

  close(): void {
    this.release();
  }

  /** Of the views that a text names, and those that they are made of. */
  private async makeTables(text: string): Promise<void> {
    // `count(*) as rooms` is none of them.
    const names = [...this.pending.keys()].filter((name) => new RegExp(`(?<!\\bas\\s+)\\b${name}\\b`, 'i').test(text));
    for (const name of names) {
      const view = this.pending.get(name);
      if (!view) continue;
      this.pending.delete(name);
      try {
        await this.makeTables(view.sql);
        await this.connection.run(
          `create table ${quotedName(`${name} as`)} as ${view.sql}; drop view ${name}; alter table ${quotedName(`${name} as`)} rename to ${name}`,
        );
      } catch (error) {
        this.pending.set(name, view);
        throw error;
      }
    }
  }
}

/** From then on nothing of this machine can be reached by a statement but these files and that folder. */
async function lock(connection: Connection, paths: readonly string[], folder: string): Promise<void> {
  const settings = [
    `set allowed_paths = [${paths.map(quotedText).join(', ')}]`,
    `set allowed_directories = [${quotedText(folder)}]`,
    `set temp_directory = ${quotedText(folder)}`,
    'set autoinstall_known_extensions = false',
    'set autoload_known_extensions = false',
    'set allow_community_extensions = false',
    'set allow_persistent_secrets = false',
    'set enable_external_access = false',
    'set lock_configuration = true',
  ];
  await connection.run(settings.join('; '));
}

const refused = (type: string): StatementFailed =>
  new StatementFailed(
    `${type.replaceAll('_', ' ') || 'this'} is not for here: files are out of reach. What is to be kept goes to ` +
      'standard output: --format csv, json or parquet, and `> FILE`',
  );
